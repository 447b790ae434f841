"""What headings of people lists are called, folded, in Vietnamese and English. Pure."""

from enum import StrEnum
from typing import Final

__all__ = ["AMBIGUOUS", "SYNONYMS", "Column"]


class Column(StrEnum):
    """What a column of a people list holds; the value is its usual Vietnamese heading."""

    NAME = "Họ và tên"
    FAMILY_AND_MIDDLE = "Họ và tên đệm"
    FAMILY = "Họ"
    MIDDLE = "Tên đệm"
    GIVEN = "Tên gọi"
    KEY = "Mã"
    BIRTH = "Năm sinh"
    # Many lists write the year of birth under one of two sub-headings, which so states the sex.
    BIRTH_OF_MAN = "Năm sinh (nam)"
    BIRTH_OF_WOMAN = "Năm sinh (nữ)"
    SEX = "Giới tính"
    RANK = "Học hàm"
    DEGREE = "Học vị"
    TITLES = "Học hàm, học vị"
    POSITION = "Chức vụ"
    ORGANISATION = "Đơn vị công tác"
    COUNTRY = "Quốc gia"
    PROVINCE = "Tỉnh/Thành phố"
    FIELD = "Lĩnh vực"
    SPECIALITY = "Chuyên môn"
    LANGUAGE = "Ngoại ngữ"
    WORK = "Công trình tiêu biểu"
    PATENT = "Bằng sáng chế"
    PROJECT = "Đề tài"
    AWARD = "Giải thưởng"
    ORCID = "ORCID"
    EMAIL = "Email"
    PHONE = "Điện thoại"
    CONTACT = "Liên hệ"
    NUMBER = "STT"
    PRIVATE = "Giấy tờ, nơi ở, gia đình"


_C = Column
SYNONYMS: Final[dict[Column, str]] = {
    _C.NAME: "ho va ten|ho ten|ho va ten chuyen gia|ho ten chuyen gia|ten chuyen gia|ten|"
    "ho va ten khai sinh|ho va ten can bo|ho ten can bo|ten can bo|ho ten nha khoa hoc|"
    "ho va ten nha khoa hoc|ho va ten giang vien|ho ten giang vien|ho ten ung vien|"
    "ho va ten ung vien|ho va ten dai bieu|ho va ten thanh vien|ho ten thanh vien|"
    "ho va ten nguoi duoc de cu|h va t|h ten|hvt|chuyen gia|nha khoa hoc|ho chu dem va ten|"
    "ho ten dem va ten|dong chi|d c|name|full name|name in full|complete name|expert|"
    "expert name|name of expert|name of the expert|name surname|name and surname|"
    "participant name|candidate name|fullname|nom et prenom",
    _C.FAMILY_AND_MIDDLE: "ho va ten dem|ho dem|ho va dem|ho ten dem|ho chu dem|ho va chu dem|"
    "ho va ten lot|ho lot|ho va chu lot",
    _C.FAMILY: "ho|surname|last name|family name|lastname|familyname|nom",
    _C.MIDDLE: "ten dem|dem|chu dem|ten lot|chu lot|middle name|middle names|middlename",
    _C.GIVEN: "ten goi|ten rieng|first name|given name|given names|forename|firstname|"
    "givenname|prenom",
    _C.KEY: "ma|id|ma so|ma chuyen gia|ma ho so|ma can bo|ma so ho so|ma cb|ma vien chuc|ma gv|"
    "ma giang vien|ma nhan vien|ma nv|so hieu|so hieu cong chuc|so hieu vien chuc|ma so can bo|"
    "mscb|msgv|code|expert id|person id|staff id|staff code|employee id|record id|expert code",
    _C.BIRTH: "nam sinh|ngay sinh|ngay thang nam sinh|nam sinh duong lich|ngay thang sinh|ntns|"
    "ntn sinh|ngay nam sinh|ngay thang nam|n sinh|nsinh|sinh nam|sinh ngay|nam sinh nam|"
    "ngay sinh nam|nam sinh nu nam|birth year|year of birth|date of birth|birth date|dob|yob|"
    "born|birthday|birthdate|annee de naissance|date de naissance",
    _C.BIRTH_OF_MAN: "",
    _C.BIRTH_OF_WOMAN: "nam sinh nu|ngay sinh nu|ngay thang nam sinh nu|ntns nu",
    _C.SEX: "gioi tinh|nam nu|gioi|gt|g tinh|gioi tinh nam nu|phai|sex|gender|sexe",
    _C.RANK: "hoc ham|chuc danh khoa hoc|chuc danh kh|cd khoa hoc|chuc danh giao su|"
    "chuc danh gs pgs|gs pgs|academic rank|academic title|professorship",
    _C.DEGREE: "hoc vi|trinh do hoc van|trinh do dao tao|bang cap|trinh do cm|"
    "trinh do chuyen mon|trinh do chuyen mon ky thuat|trinh do hoc vi|hoc vi cao nhat|"
    "trinh do cao nhat|td chuyen mon|tdcm|van bang|van bang cao nhat|degree|academic degree|"
    "highest degree|qualification|qualifications|education level|level of education|"
    "academic qualification",
    _C.TITLES: "hoc ham hoc vi|hoc vi hoc ham|hoc ham va hoc vi|hoc ham hv|hh hv|hhhv|"
    "chuc danh hoc vi|hoc vi chuc danh|chuc danh khoa hoc hoc vi|rank and degree|"
    "academic rank and degree|titles|academic titles",
    _C.POSITION: "chuc vu|chuc danh chuc vu|chuc vu chuc danh|chuc vu hien nay|cv|"
    "chuc vu cong tac|chuc vu chinh quyen|chuc vu hien tai|chuc vu cao nhat|chuc danh cong viec|"
    "vi tri cong tac|vi tri|vi tri viec lam|nghe nghiep|cong viec|cong viec hien nay|"
    "nghe nghiep chuc vu|position|job title|post|occupation|role|current position|designation|"
    "present position|fonction",
    _C.ORGANISATION: "don vi cong tac|don vi|co quan|co quan cong tac|co quan don vi|"
    "co quan don vi cong tac|noi cong tac|noi lam viec|to chuc|cqct|dvct|cq ct|dv ct|"
    "co quan ct|don vi ct|cq cong tac|dv cong tac|co quan chu quan|don vi chu quan|ten don vi|"
    "ten co quan|ten to chuc|ten co quan cong tac|co quan hien nay|noi cong tac hien nay|"
    "co quan cong tac hien nay|don vi cong tac hien nay|co quan to chuc|to chuc cong tac|"
    "truong|vien|truong vien|co so|co so dao tao|don vi de cu|cong ty|khoa|khoa phong|phong ban|"
    "don vi noi cong tac|organisation|organization|affiliation|affiliations|employer|"
    "institution|workplace|company|university|current employer|institute|organisation name|"
    "organization name|name of organisation|name of organization|current affiliation|"
    "place of work|agency|department|etablissement",
    _C.COUNTRY: "quoc gia|nuoc|nuoc lam viec|quoc gia cong tac|quoc gia lam viec|"
    "nuoc so tai|quoc gia cu tru|nuoc cu tru|nuoc cong tac|quoc gia sinh song|nuoc sinh song|"
    "nuoc dang sinh song|quoc gia dang sinh song|nuoc hien nay|country|country of work|"
    "country of residence|current country|host country|pays",
    _C.PROVINCE: "tinh thanh pho|tinh thanh|tinh|thanh pho|tinh tp|tp|dia phuong|t tp|"
    "tinh thanh pho cong tac|tinh thanh pho cu tru|province|city|province city|city province|"
    "ville",
    _C.FIELD: "linh vuc|linh vuc khoa hoc|linh vuc nghien cuu|nganh|ma linh vuc|ma nganh|"
    "linh vuc khcn|linh vuc kh cn|linh vuc khoa hoc va cong nghe|nganh khoa hoc|nganh nghe|"
    "linh vuc hoat dong|linh vuc cong tac|linh vuc khoa hoc cong nghe|lv khoa hoc|lvnc|"
    "nganh dao tao|field|field of research|research field|field code|fields|discipline|"
    "field of study|research area|research areas|area of research|fields of research|"
    "scientific field|domaine",
    _C.SPECIALITY: "chuyen mon|huong nghien cuu|chuyen nganh|linh vuc chuyen mon|c mon|c nganh|"
    "chuyen mon sau|huong nghien cuu chinh|the manh|tieu su|gioi thieu|hnc|huong nc|"
    "chuyen mon dao tao|chuyen nganh dao tao|nganh chuyen nganh|cac huong nghien cuu chinh|"
    "so truong|kinh nghiem|kinh nghiem chuyen mon|qua trinh cong tac|tom tat|"
    "tom tat qua trinh cong tac|noi dung chuyen mon|chuyen mon linh vuc|expertise|speciality|"
    "specialty|specialisation|specialization|research interests|biography|profile|bio|"
    "areas of expertise|area of expertise|field of expertise|experience|summary|skills",
    _C.LANGUAGE: "ngoai ngu|ngon ngu|trinh do ngoai ngu|n ngu|ngoai ngu thanh thao|"
    "kha nang ngoai ngu|language|languages|foreign languages|foreign language|language skills|"
    "langues",
    _C.WORK: "cong trinh tieu bieu|cong trinh|cong trinh khoa hoc|cong bo|bai bao|"
    "cac cong trinh|cong trinh cong bo|cac cong trinh tieu bieu|cong bo khoa hoc|sach|an pham|"
    "cong trinh nghien cuu|bai bao khoa hoc|cong bo tieu bieu|works|publications|"
    "selected publications|papers|key publications|articles|main publications",
    _C.PATENT: "bang sang che|sang che|bang doc quyen sang che|giai phap huu ich|"
    "sang che giai phap huu ich|bang sang che giai phap huu ich|patent|patents|inventions",
    _C.PROJECT: "de tai|du an|de tai du an|de tai nghien cuu|nhiem vu khcn|nhiem vu kh cn|"
    "nhiem vu|de tai nckh|cac de tai|de tai khoa hoc|de tai du an da chu tri|project|projects|"
    "research projects|grants",
    _C.AWARD: "giai thuong|khen thuong|danh hieu|giai thuong khoa hoc|thanh tich|"
    "danh hieu khen thuong|giai thuong khen thuong|danh hieu thi dua|award|awards|prizes|"
    "honours|honors|awards and honours",
    _C.ORCID: "orcid|orcid id|ma orcid|ma so orcid|orcid id number|orcid number",
    _C.EMAIL: "email|e mail|thu dien tu|dia chi email|dia chi e mail|hop thu|hop thu dien tu|"
    "dia chi thu dien tu|mail|email lien he|e mail lien he|email cong vu|thu cong vu|gmail|"
    "email address|e mail address|mail address|contact email|courriel",
    _C.PHONE: "dien thoai|so dien thoai|sdt|dien thoai di dong|di dong|dtdd|so dtdd|so dt|"
    "so di dong|dien thoai lien he|sdt lien he|so dien thoai lien he|dien thoai co quan|dt cq|"
    "dt co quan|dien thoai nha rieng|dt nr|zalo|so zalo|dt lien he|dt di dong|dd|tel|phone|"
    "phone number|telephone|mobile|mobile phone|cell phone|telephone number|contact number|"
    "mobile number|phone no|tel no|whatsapp|hotline",
    _C.CONTACT: "lien he|thong tin lien he|lien lac|thong tin lien lac|email dien thoai|"
    "dien thoai email|e mail dien thoai|dien thoai e mail|email sdt|sdt email|email va dien thoai|"
    "dien thoai va email|so dien thoai email|email so dien thoai|dt email|email dt|contact|"
    "contacts|contact details|contact information|contact info|email phone|phone email",
    _C.NUMBER: "stt|tt|so tt|so thu tu|no|nr|row|s tt|thu tu|stt chung|so|item|sn|s n|order|"
    "serial|serial no|index",
    _C.PRIVATE: "cccd|so cccd|cmnd|so cmnd|cmnd cccd|cccd cmnd|so cmnd cccd|so cccd cmnd|cmtnd|"
    "can cuoc|so can cuoc|can cuoc cong dan|so can cuoc cong dan|the can cuoc|"
    "chung minh nhan dan|so chung minh nhan dan|so dinh danh|so dinh danh ca nhan|ma dinh danh|"
    "ma dinh danh ca nhan|so cmt|cmt|ho chieu|so ho chieu|cmnd ho chieu|cccd ho chieu|"
    "passport|passport number|passport no|identity card|id card|id number|national id|"
    "citizen id|ma so thue|mst|ma so thue ca nhan|mst ca nhan|tax code|tax id|so tai khoan|stk|"
    "tai khoan|tai khoan ngan hang|so tai khoan ngan hang|ngan hang|ten ngan hang|chi nhanh|"
    "bank|bank account|account number|iban|so bhxh|ma so bhxh|bhxh|ngay cap|noi cap|"
    "ngay cap cccd|noi cap cccd|ngay cap noi cap|bien so xe|dia chi|dia chi lien he|"
    "dia chi lien lac|dia chi nha rieng|dia chi thuong tru|ho khau|ho khau thuong tru|noi o|"
    "noi o hien nay|cho o|cho o hien nay|thuong tru|tam tru|noi cu tru|dia chi nha|"
    "noi thuong tru|address|home address|postal address|residential address|"
    "permanent address|que quan|nguyen quan|noi sinh|dan toc|ton giao|quoc tich|"
    "tinh trang hon nhan|hon nhan|nationality|citizenship|ethnicity|ethnic group|religion|"
    "place of birth|marital status|vo chong|ho ten vo chong|thanh phan gia dinh|dang vien|"
    "ngay vao dang|vao dang|nhom mau|tuoi|age|fax|so fax|anh|photo|ngay sinh ngay|"
    "ngay sinh thang|thang sinh|ly luan chinh tri|trinh do llct|trinh do ly luan chinh tri|llct",
}
# What lists use for either; where the cells do not tell, a person is asked.
AMBIGUOUS: Final[dict[str, tuple[Column, ...]]] = {
    "chuc danh": (_C.POSITION, _C.RANK),
    "title": (_C.TITLES, _C.POSITION),
    "trinh do": (_C.DEGREE, _C.LANGUAGE),
    "dt": (_C.PHONE, _C.PRIVATE),
    "nn": (_C.LANGUAGE, _C.POSITION),
    "danh xung": (_C.TITLES, _C.SEX),
    "dia chi co quan": (_C.PRIVATE, _C.ORGANISATION),
    "dia chi don vi": (_C.PRIVATE, _C.ORGANISATION),
    **dict.fromkeys(
        (
            *("dia chi cong tac", "dia chi co quan cong tac", "dia chi don vi cong tac"),
            *("dia chi noi cong tac", "dia chi noi lam viec", "dia chi to chuc"),
        ),
        (_C.PRIVATE, _C.ORGANISATION),
    ),
    "office address": (_C.PRIVATE, _C.ORGANISATION),
    "nganh chuyen mon": (_C.FIELD, _C.SPECIALITY),
    "nganh hoc": (_C.FIELD, _C.SPECIALITY),
    "location": (_C.PROVINCE, _C.COUNTRY),
    "noi o quoc gia": (_C.COUNTRY, _C.PRIVATE),
    "chuc vu don vi": (_C.POSITION, _C.ORGANISATION),
    "chuc vu don vi cong tac": (_C.POSITION, _C.ORGANISATION),
    "chuc vu noi cong tac": (_C.POSITION, _C.ORGANISATION),
    "chuc vu co quan": (_C.POSITION, _C.ORGANISATION),
}
