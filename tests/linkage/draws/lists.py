"""Names, places and streets beyond those of the seed, most common first. Lists only, no rules."""

from typing import Final

MODERN_FEMALE: Final = """
NADIA NAJWA CALISTA BELINDA FEBI AULIA NABILA SALSABILA DINDA TIARA PUTRI CITRA AMELIA SEPTIANI
REGITA MELINDA YULIANA OKTAVIANI FEBRIANTI ALYA KIRANA NATASYA SYIFA ZAHRA ANGGUN BELLA CHELSEA
LAKSITA GASTI EMBUN KINANTI RATIH PARAMITA SEKAR LARASATI CANTIKA MAHARANI VIOLINA WINARTI ZULFA
"""
MODERN_MALE: Final = """
RIZKY DIMAS ALDI FAJAR BAGAS ILHAM RIFKI ARYA RENDI YOGA REZA FARHAN IQBAL RAFI ALIF GILANG HAFIZ
DARWIS CARAKA SOPIAN IRNANTO HIDAYATULLAH NAUFAL REYHAN ZAKI FIKRI ADITYA BIMA CANDRA DAFFA ERLANGGA
FADHIL GALANG IKHSAN JALU KRISNA LANANG NANDA PANJI RAKA SATRIA TAUFIK WISNU YUDHA ZULFIKAR
"""
MODERN_SECOND: Final = """
PRATAMA RAMADHANI MAULIDA SAPUTRI NUGRAHA PERMATA AGUSTIN FIRMANSYAH BUDIMAN SAPTONO SURYADI RIDHO
GUNARTO SALAHUDIN CARAKA PRASASTA PRADANA ANGGARA DAMAYANTI FEBRIYANTI KUSUMA PURNAMA RAHARJO
MAHENDRA WARDANA WIJAYANTO ADIPUTRA SETIADI ARDIANSYAH FIRDAUS ROMADHON NURUDIN MUBARAK HAKIKI
KUSDIANTO LESMANA MARDIANTO NURCAHYO PANGESTU RUSMANTO SUBAGYO TRIYONO WARSITO YULISTIANI ZUHDI
"""
# Rare words are built, so that the tail of names is as long as that of a register.
SYLLABLES_FIRST: Final = """
KAR MI SU DAR MAH TO GUN SAN RO JAN NIM PRA WAR HAR RAH LAS TIK SEM BA DUL KAS NGA WI YA SAR RUS
MUL TAR GAN LEK PON JUM
"""
SYLLABLES_MIDDLE: Final = "TI RI WI MA NA DI KU SA RA NI LA MU GA YU BI TA RO SI"
SYLLABLES_LAST: Final = """
YAH NUR TI WID SAR KA MAN NO DI TU SIH TO RA NAH GUN MI LAN SO JO WATI NINGRUM ANA DIN HARJA LIA
"""
PLACES: Final = {
    "35": "Ponorogo Malang Blitar Tulungagung Kediri Banyuwangi Madiun Magetan Jember Ngawi",
    "33": "Cilacap Brebes Kendal Banyumas Pati Grobogan Pemalang Tegal Batang Sragen Jepara",
    "32": "Indramayu Cirebon Subang Karawang Cianjur Sukabumi Majalengka Bandung",
    "52": "Lombok_Timur Lombok_Tengah Lombok_Barat Sumbawa Lombok_Utara Bima Dompu",
    "18": "Lampung_Timur Lampung_Tengah Lampung_Selatan Pesawaran Pringsewu Bandar_Lampung",
    "12": "Deli_Serdang Langkat Asahan Simalungun Medan Toba",
    "51": "Buleleng Gianyar Karangasem Badung Tabanan Denpasar",
    "36": "Serang Tangerang Lebak Pandeglang",
    "34": "Bantul Sleman Gunungkidul Kulon_Progo Yogyakarta",
    "53": "Belu Malaka Timor_Tengah_Selatan Ende Flores_Timur Kupang Sikka",
    "73": "Bone Bulukumba Wajo Sinjai Pinrang Makassar",
    "31": "Jakarta_Timur Jakarta_Barat Jakarta_Utara Jakarta_Selatan",
    "16": "Ogan_Komering_Ilir Palembang",
    "71": "Minahasa Manado Bitung",
    "11": "Aceh_Utara Bireuen Pidie",
}
# Shares of the placements of 2024, and who lives there.
ORIGINS: Final = {
    "35": (790, {"JAVANESE": 95, "CHINESE_INDONESIAN": 2, "MALAY": 3}),
    "33": (663, {"JAVANESE": 94, "SUNDANESE": 5, "CHINESE_INDONESIAN": 1}),
    "32": (612, {"SUNDANESE": 76, "JAVANESE": 22, "CHINESE_INDONESIAN": 2}),
    "52": (303, {"SASAK": 90, "BALINESE": 3, "MALAY": 7}),
    "18": (250, {"JAVANESE": 66, "MALAY": 24, "SUNDANESE": 10}),
    "12": (86, {"BATAK": 50, "MALAY": 25, "JAVANESE": 25}),
    "51": (64, {"BALINESE": 95, "JAVANESE": 5}),
    "36": (46, {"SUNDANESE": 80, "JAVANESE": 20}),
    "34": (39, {"JAVANESE": 100}),
    "53": (49, {"FLORES": 95, "MALAY": 5}),
    "73": (37, {"BUGIS": 97, "CHINESE_INDONESIAN": 3}),
    "31": (22, {"JAVANESE": 45, "SUNDANESE": 30, "MALAY": 15, "CHINESE_INDONESIAN": 10}),
    "16": (17, {"MALAY": 60, "JAVANESE": 40}),
    "71": (12, {"MINAHASA": 95, "CHINESE_INDONESIAN": 5}),
    "11": (9, {"MALAY": 100}),
}
# Country, calling code, weight; then its cities, and employers that stand for many.
COUNTRIES: Final = {
    "Malaysia": ("60", 300, "Kuala_Lumpur Klang Penang Johor_Bahru Kota_Kinabalu Shah_Alam Tawau"),
    "Taiwan": ("886", 190, "Taipei Taoyuan Taichung Kaohsiung Tainan"),
    "Hong Kong": ("852", 170, "Wan_Chai Yuen_Long Sha_Tin Kowloon Tuen_Mun"),
    "Saudi Arabia": ("966", 110, "Riyadh Makkah Jeddah Madinah Dammam"),
    "Jepang": ("81", 70, "Tokyo Nagoya Osaka Fukuoka"),
    "Singapura": ("65", 70, "Jurong Bedok Tampines Woodlands"),
    "Uni Emirat Arab": ("971", 35, "Dubai Sharjah Abu_Dhabi"),
    "Korea Selatan": ("82", 30, "Seoul Busan Ansan"),
    "Brunei Darussalam": ("673", 15, "Bandar_Seri_Begawan Tutong"),
    "Australia": ("61", 10, "Melbourne Sydney Perth"),
}
STREETS: Final = """
Orchard_Road Nathan_Road Jalan_Tun_Razak Des_Voeux_Road Dongseong-ro Bedok_North_Ave Taiyuan_Road
Al_Wahda_Street King_Fahd_Road Minsheng_Road Zhongxiao_Road George_Street Sakae Jalan_Ampang
Collins_Street Jalan_Bukit_Bintang Queen's_Road Olaya_Street
"""
EMPLOYERS: Final = """
Al_Rajhi_Household Al_Otaibi_Household Hyundai_Parts Yuasa_Battery Samsung_SDI Foxconn ASUSTeK
Sime_Darby_Plantation Evergreen_Marine Nippon_Care_Home Toyota_Boshoku Wong_Family Chen_Family
Tan_Family Lim_Family FGV_Holdings Top_Glove Kaohsiung_Fishery
"""
NOT_WORKERS: Final = {"Pelajar": 40, "Tenaga Ahli": 25, "Ibu Rumah Tangga": 20, "Lainnya": 15}
MAIL_DOMAINS: Final = ("example.com", "example.org", "example.net")
