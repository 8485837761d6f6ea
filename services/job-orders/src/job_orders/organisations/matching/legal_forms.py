"""Words of firms' names that say little or nothing of who the firm is: data, no decisions."""

from job_orders.organisations.matching.spelling import word_set


def _forms(text: str) -> tuple[tuple[str, ...], ...]:
    """One form a line, the longest first, so that none is cut in two."""
    lines = [tuple(line.split()) for line in text.splitlines() if line.strip()]
    return tuple(sorted(set(lines), key=lambda form: (-len(form), form)))


BEFORE = _forms("""
    PT
    PT PERSERO
    PERSEROAN TERBATAS
    CV
    UD
    FA
    FIRMA
    PD
    PERUM
    PERUMDA
    YAYASAN
    KOPERASI
    TOKO
    KABUSHIKI KAISHA
    COMPANY
    CO
    M S
    MESSRS
""")
AFTER = _forms("""
    PT
    CV
    UD
    TBK
    PERSERO
    PERSERO TBK
    SDN BHD
    SDN BERHAD
    SENDIRIAN BERHAD
    SDN
    BHD
    BERHAD
    PLT
    PTE LTD
    PTE LIMITED
    PTE
    PRIVATE LIMITED
    PVT LTD
    PTY LTD
    PTY LIMITED
    CO LTD
    CO LIMITED
    COMPANY LTD
    COMPANY LIMITED
    LIMITED COMPANY
    LIMITED
    LTD
    LLP
    LP
    LLC
    L L C
    PLC
    PJSC
    JSC
    QPSC
    KSC
    KSCC
    KSCP
    BSC
    BSCC
    SPC
    SPC LLC
    WLL
    W L L
    WLL CO
    FZ LLC
    FZE
    FZCO
    FZC
    DMCC
    EST
    ESTABLISHMENT
    TRADING EST
    SAE
    SAL
    SAOC
    SAOG
    SARL
    CO
    COMPANY
    CORP
    CORPORATION
    INC
    INCORPORATED
    GROUP
    GROUP OF COMPANIES
    HOLDING
    HOLDINGS
    KK
    KABUSHIKI KAISHA
    GK
    GODO KAISHA
    YK
    YUGEN KAISHA
    GMBH
    AG
    KG
    SPA
    S P A
    SRL
    AS
    BV
    NV
    OY
    AB
    SP Z O O
    SP Z OO
    SP ZOO
    KFT
    DOO
    SA
    LTD STI
    BRANCH
    CAWANGAN
""")
"""Forms of the law of Indonesia and of countries of destination, as they stand in names."""

# Written without spaces before or after the name itself.
FORMS_IN_SCRIPTS = (
    "株式会社|有限会社|合同会社|\\(株\\)|\\(有\\)|股份有限公司|有限責任公司|有限责任公司|有限公司|公司"
    "|주식회사|유한회사|\\(주\\)|شركة|مؤسسة|المحدودة|ذ\\.?م\\.?م\\.?"
)

PLACES_IN_BRACKETS = (
    "M|MALAYSIA|S|SG|SINGAPORE|HK|HONG KONG|HONGKONG|TW|TAIWAN|BRUNEI|B|KSA|SAUDI ARABIA|UAE|DUBAI"
    "|QATAR|KUWAIT|OMAN|BAHRAIN|JAPAN|KOREA|INDONESIA|SABAH|SARAWAK|PERSERO"
)

LITTLE_WORDS = word_set("AND DAN ET UND THE OF FOR UNTUK DE LA")

ARTICLES = frozenset({"AL", "EL"})
"""Written apart or together at will: Al Zahrani, Al-Zahrani, Alzahrani."""

WRITTEN_SHORT = {
    "INTL": "INTERNATIONAL",
    "INTERNASIONAL": "INTERNATIONAL",
    "INTERNATIONALE": "INTERNATIONAL",
    "MFG": "MANUFACTURING",
    "MANUFAKTUR": "MANUFACTURING",
    "IND": "INDUSTRY",
    "INDS": "INDUSTRY",
    "INDUSTRI": "INDUSTRY",
    "INDUSTRIES": "INDUSTRY",
    "ENG": "ENGINEERING",
    "ENGG": "ENGINEERING",
    "SVC": "SERVICE",
    "SVCS": "SERVICE",
    "SERV": "SERVICE",
    "SERVICES": "SERVICE",
    "SERVIS": "SERVICE",
    "TRD": "TRADING",
    "TRDG": "TRADING",
    "CONST": "CONSTRUCTION",
    "CONSTR": "CONSTRUCTION",
    "KONSTRUKSI": "CONSTRUCTION",
    "CONTG": "CONTRACTING",
    "CONTR": "CONTRACTING",
    "MGMT": "MANAGEMENT",
    "MGT": "MANAGEMENT",
    "MANAJEMEN": "MANAGEMENT",
    "DEV": "DEVELOPMENT",
    "TECH": "TECHNOLOGY",
    "TEKNOLOGI": "TECHNOLOGY",
    "TECHNOLOGIES": "TECHNOLOGY",
    "ELEC": "ELECTRONIC",
    "ELEKTRONIK": "ELECTRONIC",
    "ELECTRONICS": "ELECTRONIC",
    "RES": "RESOURCE",
    "RESOURCES": "RESOURCE",
    "AGENSI": "AGENCY",
    "AGENCI": "AGENCY",
    "AGY": "AGENCY",
    "AGENCIES": "AGENCY",
    "BROS": "BROTHERS",
    "ENT": "ENTERPRISE",
    "ENTERPRISES": "ENTERPRISE",
    "PLANTATIONS": "PLANTATION",
    "SOLUTIONS": "SOLUTION",
    "SOLUSI": "SOLUTION",
    "PEKERJAAN": "EMPLOYMENT",
    "NO1": "1",
}

COMMON = word_set(
    "JAYA ABADI MAKMUR SEJAHTERA MANDIRI UTAMA SUKSES MAJU INDO INDONESIA INTERNATIONAL"
    " GLOBAL KARYA SUMBER BERKAH PRIMA SENTOSA PUTRA PUTRI BERSAMA ANUGERAH ANUGRAH CAHAYA"
    " BINA TENAGA KERJA MULIA LESTARI PERKASA PERDANA PRATAMA NUSANTARA GEMILANG INSAN DUTA"
    " BAKTI BHAKTI USAHA MITRA SARANA TIMUR BARAT BARU RAYA AGUNG INTI CITRA GRAHA SINAR"
    " BINTANG SERVICE TRADING GENERAL CONTRACTING MANPOWER AGENCY EMPLOYMENT RECRUITMENT"
    " RECRUITING INDUSTRY ENTERPRISE GROUP HOLDING HOLDINGS COMPANY CO MALAYSIA SINGAPORE ASIA"
    " ASIAN ARAB SAUDI GULF MIDDLE EAST WEST PLANTATION KILANG LADANG SAWIT RESOURCE"
    " MANUFACTURING ENGINEERING TECHNOLOGY CONSTRUCTION DEVELOPMENT HOME CARE CENTER CENTRE"
    " ELECTRONIC SOLUTION MANAGEMENT CONSULTANT OUTSOURCING HUMAN FOOD FOODS MARINE FISHERY"
    " SHIPPING CLEANING MAINTENANCE DOMESTIC HELPER WORKER WORKERS SUPPLY SYSTEM LOGISTICS OFFICE"
    " PROPERTY HOTEL RESTAURANT FARM BROTHERS SONS PARTNERS"
)
"""Words that so many firms have in their names that sharing one tells nothing."""
