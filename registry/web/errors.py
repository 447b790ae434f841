"""What a client is told when something goes wrong: one table, two forms (JSON and page)."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from registry import errors
from registry.web.language import Language, api_language, page_language
from registry.web.pages import link, render

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class ErrorKind:
    """How one kind of failure is shown."""

    status: int
    title_vi: str
    title_en: str

    def title(self, language: Language) -> str:
        return self.title_vi if language == "vi" else self.title_en


ERRORS: Mapping[type[errors.RegistryError], ErrorKind] = {
    errors.RegistryError: ErrorKind(
        500, "Dịch vụ gặp lỗi và chưa làm được việc này", "The service failed to do this"
    ),
    errors.NotFoundError: ErrorKind(404, "Không tìm thấy", "Not found"),
    errors.InvalidInputError: ErrorKind(
        422, "Không dùng được dữ liệu đã nhập", "The input cannot be used"
    ),
    errors.NotPermittedError: ErrorKind(
        403, "Bạn chưa được phép làm việc này", "You are not permitted to do this"
    ),
    errors.NotSignedInError: ErrorKind(401, "Bạn cần đăng nhập", "Sign in first"),
    errors.SignInTooOldError: ErrorKind(
        403, "Hãy đăng nhập lại để làm việc này", "Sign in again to do this"
    ),
    errors.SignInFailedError: ErrorKind(401, "Không đăng nhập được", "Sign-in failed"),
    errors.TooManyAttemptsError: ErrorKind(429, "Thử quá nhiều lần", "Too many attempts"),
    errors.LinkUnusableError: ErrorKind(
        410, "Liên kết không còn dùng được", "The link can no longer be used"
    ),
    errors.ChangedMeanwhileError: ErrorKind(
        412, "Dữ liệu đã được người khác thay đổi", "Somebody else has changed it meanwhile"
    ),
    errors.PreconditionNeededError: ErrorKind(
        428, "Hãy cho biết bạn đang sửa phiên bản nào", "Say which version you are changing"
    ),
    errors.SecretsError: ErrorKind(
        500, "Không dùng được khóa bảo mật của dịch vụ", "The keys of the service cannot be used"
    ),
    errors.AuditBrokenError: ErrorKind(
        500, "Nhật ký kiểm toán không còn toàn vẹn", "The audit log does not hold"
    ),
    errors.BusyError: ErrorKind(
        503,
        "Hệ thống đang bận, xin thử lại sau ít phút",
        "The service is busy; try again in a few minutes",
    ),
    errors.DatabaseUnavailableError: ErrorKind(
        503, "Cơ sở dữ liệu không trả lời", "The database does not answer"
    ),
    errors.DataFolderError: ErrorKind(
        500, "Không dùng được thư mục dữ liệu", "The data folder cannot be used"
    ),
    errors.ModelError: ErrorKind(
        500, "Không dùng được mô hình so khớp", "The matching model cannot be used"
    ),
    errors.IndexFormatError: ErrorKind(
        500, "Không dùng được chỉ mục tìm kiếm", "The search index cannot be used"
    ),
    errors.ImportRefusedError: ErrorKind(422, "Tệp không được nhận", "The file was refused"),
    errors.SourceRefusedError: ErrorKind(
        502, "Nguồn dữ liệu không trả lời yêu cầu này", "The source does not answer this"
    ),
    errors.SourceLaterError: ErrorKind(
        503, "Nguồn dữ liệu hiện chưa trả lời được", "The source cannot be asked now"
    ),
    errors.CancelledError: ErrorKind(409, "Việc này đã được dừng", "This was stopped"),
}

# Failures that the web layer itself finds, by HTTP status.
HTTP_ERRORS: Mapping[int, tuple[str, ErrorKind]] = {
    kind.status: (code, kind)
    for code, kind in {
        "bad_request": ErrorKind(400, "Yêu cầu không đọc được", "The request cannot be read"),
        "forbidden": ErrorKind(403, "Yêu cầu bị từ chối", "The request was refused"),
        "not_found": ErrorKind(404, "Không có trang này", "There is no such page"),
        "method_not_allowed": ErrorKind(
            405, "Địa chỉ này không nhận cách gọi đó", "This address does not take that method"
        ),
        "too_large": ErrorKind(413, "Dữ liệu gửi lên quá lớn", "What was sent is too large"),
        "unsupported_media_type": ErrorKind(
            415, "Kiểu dữ liệu gửi lên không được hỗ trợ", "This content type is not supported"
        ),
    }.items()
}


def kind_of(error: errors.RegistryError) -> ErrorKind:
    """The row of the table for an error: its class's own, else that of the nearest base."""
    return next(ERRORS[base] for base in type(error).__mro__ if base in ERRORS)


def wants_json(request: Request) -> bool:
    """Whether a failure of this request is told in JSON."""
    return request.url.path.startswith("/api/") or request.url.path in {"/health", "/ready"}


def failure(
    request: Request,
    kind: ErrorKind,
    code: str,
    detail: str | None = None,
    problems: Sequence[Mapping[str, Any]] = (),
    headers: Mapping[str, str] | None = None,
    way_on: str = "",
) -> Response:
    """The answer to a request that failed: problem+json (RFC 9457) or a page.

    Args:
        detail: For the user, without personal data; None when there is nothing he could do.
        problems: Of single parts of the input, each with `location` and `message`.
        way_on: Where a page lets him sign in again, before it is tried once more.
    """
    kept = {"Retry-After": "5"} if kind.status == 503 else {}
    kept.update(headers or {})
    if not wants_json(request):
        context = {
            "title": kind.title(page_language(request)),
            "status": kind.status,
            "detail": detail,
            "problems": problems,
            "way_on": way_on,
            "typed": request.query_params.get("q", "").replace("\0", ""),
        }
        return render(request, "error.html", context, kind.status, kept)
    content: dict[str, Any] = {
        "type": "about:blank",
        "title": kind.title(api_language(request)),
        "status": kind.status,
        "code": code,
    }
    if detail:
        content["detail"] = detail
    if problems:
        content["errors"] = list(problems)
    return JSONResponse(content, kind.status, kept, PROBLEM)


def unforeseen(request: Request) -> Response:
    """The answer to a bug: says that it was logged, and nothing else."""
    return failure(request, ERRORS[errors.RegistryError], "internal_error")


def _on_registry_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.RegistryError)
    kind = kind_of(error)
    if kind.status == 500:
        # What is wrong with folders or models helps the operator, not the one who searches.
        _log.error("%s: %s", error.code, error)
        return failure(request, kind, error.code)
    if isinstance(error, errors.NotSignedInError):
        return _ask_to_sign_in(request, error, kind)
    problems: list[Mapping[str, Any]] = [
        {"location": [p.where], "message": f"found {p.found}, expected {p.expected}"}
        for p in getattr(error, "problems", ())
    ]
    problems += getattr(error, "changes", ())
    headers = {}
    if isinstance(error, errors.TooManyAttemptsError):
        headers["Retry-After"] = str(error.retry_after_seconds)
    way_on = ""
    if isinstance(error, errors.SignInTooOldError):
        back = request.url.path if request.method == "GET" else "/account"
        way_on = link("/sign-in", page_language(request), again="true", next=back)
    return failure(request, kind, error.code, str(error), problems, headers, way_on)


def _ask_to_sign_in(request: Request, error: errors.NotSignedInError, kind: ErrorKind) -> Response:
    if wants_json(request):
        return failure(
            request, kind, error.code, str(error), headers={"WWW-Authenticate": "Bearer"}
        )
    # A form that was sent is not sent again after signing in.
    back = str(request.url.path) if request.method == "GET" else "/"
    if request.method == "GET" and request.url.query:
        back += f"?{request.url.query}"
    address = link("/sign-in", page_language(request), next=back)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


def _on_invalid_request(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    found = error.errors()
    if any(item["type"] == "json_invalid" for item in found):
        code, kind = HTTP_ERRORS[400]
        return failure(request, kind, code, "the body is not valid JSON")
    if all(item["loc"][:1] == ("path",) for item in found):
        # An address with a malformed id names nothing.
        code, kind = HTTP_ERRORS[404]
        return failure(request, kind, code)
    problems = [
        {
            "location": [_readable(part) for part in item["loc"]],
            "message": item["msg"].removeprefix("Value error, "),
        }
        for item in found
    ]
    kind = ERRORS[errors.InvalidInputError]
    detail = "; ".join(f"{p['location'][-1]}: {p['message']}" for p in problems[:3])
    return failure(request, kind, errors.InvalidInputError.code, detail, problems)


def _readable(part: int | str) -> int | str:
    # An unknown key is echoed, and may be as long as the body.
    return part if isinstance(part, int) else part[:100]


def _on_http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, kind = HTTP_ERRORS.get(error.status_code, (None, None))
    if code is None or kind is None:
        phrase = HTTPStatus(error.status_code).phrase
        code, kind = "http_error", ErrorKind(error.status_code, phrase, phrase)
    detail = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    return failure(request, kind, code, detail, headers=error.headers)


def _on_database_lost(request: Request, error: Exception) -> Response:
    # The driver's message may hold parameters of the query: only its class is logged.
    _log.error("the database does not answer (%s)", type(error).__name__)
    lost = errors.DatabaseUnavailableError
    return failure(request, ERRORS[lost], lost.code, "try again in a minute")


def install(app: FastAPI) -> None:
    """Answer foreseen failures of this application by the tables above."""
    app.add_exception_handler(errors.RegistryError, _on_registry_error)
    app.add_exception_handler(RequestValidationError, _on_invalid_request)
    app.add_exception_handler(HTTPException, _on_http_error)
    app.add_exception_handler(OperationalError, _on_database_lost)
    app.add_exception_handler(PoolTimeoutError, _on_database_lost)
