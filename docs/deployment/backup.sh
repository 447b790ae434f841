#!/bin/sh
# A dump whenever the newest one is a day old; looked at every hour, so a failed one is tried again.
set -eu
umask 077
cd /var/lib/postgresql

back_up() {
    name="registry-$(date -u +%Y%m%dT%H%M%SZ).dump"
    rm -f -- *.part
    # Under its final name only when it is whole and can be read.
    pg_dump --format=custom --file="$name.part" &&
        pg_restore --list "$name.part" >/dev/null &&
        mv "$name.part" "$name" &&
        echo "made $name" &&
        # Old ones go only when there is a new one.
        find . -maxdepth 1 -name 'registry-*.dump' -mtime "+$BACKUP_KEEP_DAYS" -delete
}

while true; do
    if [ -z "$(find . -maxdepth 1 -name 'registry-*.dump' -mmin -1440)" ]; then
        back_up || echo "the backup failed; next try in an hour" >&2
    fi
    sleep 3600
done
