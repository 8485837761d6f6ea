"""Why an order is returned or rejected, with what its agency can do about it.

A closed list, so that reasons can be counted; assembled from what missions check.
"""

from enum import StrEnum

from shared.errors import Text


class Reason(StrEnum):
    EMPLOYER_NOT_FOUND = "EMPLOYER_NOT_FOUND"
    LICENCE_EXPIRED = "LICENCE_EXPIRED"
    LICENCE_MISMATCH = "LICENCE_MISMATCH"
    PARTNER_NOT_ACCREDITED = "PARTNER_NOT_ACCREDITED"
    ON_PROBLEM_LIST = "ON_PROBLEM_LIST"
    P3MI_NOT_ACTIVE = "P3MI_NOT_ACTIVE"
    P3MI_SANCTIONED = "P3MI_SANCTIONED"
    COUNTRY_CLOSED = "COUNTRY_CLOSED"
    POSITION_CLOSED = "POSITION_CLOSED"
    EMPLOYER_TYPE_CLOSED = "EMPLOYER_TYPE_CLOSED"
    CHANNEL_PAIR_LIMIT = "CHANNEL_PAIR_LIMIT"
    QUOTA_EXCEEDED = "QUOTA_EXCEEDED"
    HOST_PERMIT_INVALID = "HOST_PERMIT_INVALID"
    WAGE_BELOW_FLOOR = "WAGE_BELOW_FLOOR"
    EMPLOYER_INCOME_LOW = "EMPLOYER_INCOME_LOW"
    HOUSEHOLD_TOO_LARGE = "HOUSEHOLD_TOO_LARGE"
    TERM_MISSING = "TERM_MISSING"
    TERM_UNLAWFUL = "TERM_UNLAWFUL"
    COST_ON_WORKER = "COST_ON_WORKER"
    INSURANCE_MISSING = "INSURANCE_MISSING"
    TITLE_MISMATCH = "TITLE_MISMATCH"
    SIGNATURE_INVALID = "SIGNATURE_INVALID"
    TRANSLATION_MISSING = "TRANSLATION_MISSING"
    DUPLICATE = "DUPLICATE"
    CAPACITY_DOUBTFUL = "CAPACITY_DOUBTFUL"
    PAST_CASES = "PAST_CASES"
    FRAUD_SUSPECTED = "FRAUD_SUSPECTED"
    FEE_UNPAID = "FEE_UNPAID"


REMEDIES: dict[Reason, Text] = {
    Reason.EMPLOYER_NOT_FOUND: Text(
        "Perwakilan tidak menemukan pemberi kerja. Lampirkan pendaftaran usaha dan "
        "alamat yang dapat didatangi.",
        "The mission did not find the employer. Attach its business registration and an "
        "address that can be visited.",
    ),
    Reason.LICENCE_EXPIRED: Text(
        "Izin usaha atau izin kerja sama sudah lewat. Lampirkan izin yang berlaku.",
        "A business or partner licence has expired. Attach one that is in force.",
    ),
    Reason.LICENCE_MISMATCH: Text(
        "Izin tidak sesuai dengan pemberi kerja atau sektor. Samakan nama, nomor, dan "
        "bidang usahanya.",
        "A licence does not fit employer or sector. Make name, number and line of business agree.",
    ),
    Reason.PARTNER_NOT_ACCREDITED: Text(
        "Mitra Usaha belum terakreditasi pada perwakilan. Ajukan akreditasinya lebih dahulu.",
        "The partner agency is not accredited by the mission. Apply for its accreditation first.",
    ),
    Reason.ON_PROBLEM_LIST: Text(
        "Pemberi kerja atau Mitra Usaha bermasalah. Job order baru menunggu penghapusan "
        "dari daftar.",
        "Employer or partner agency is on the problem list. New job orders wait until it "
        "is taken off.",
    ),
    Reason.P3MI_NOT_ACTIVE: Text(
        "SIP3MI tidak berlaku. Perpanjang izin, lalu ajukan kembali.",
        "The SIP3MI is not in force. Extend the licence, then submit again.",
    ),
    Reason.P3MI_SANCTIONED: Text(
        "P3MI sedang dikenai sanksi. Ajukan kembali setelah sanksi dicabut.",
        "The placement agency is under a sanction. Submit again once it is lifted.",
    ),
    Reason.COUNTRY_CLOSED: Text(
        "Negara ini tertutup bagi penempatan. Lihat keputusan yang berlaku.",
        "This country is closed for placement. See the decision in force.",
    ),
    Reason.POSITION_CLOSED: Text(
        "Jabatan ini tertutup di negara tersebut. Hapus baris yang bersangkutan.",
        "This position is closed in that country. Remove the line.",
    ),
    Reason.EMPLOYER_TYPE_CLOSED: Text(
        "Jenis pemberi kerja ini tertutup bagi penempatan di negara tersebut.",
        "This type of employer is closed for placement in that country.",
    ),
    Reason.CHANNEL_PAIR_LIMIT: Text(
        "Batas pasangan P3MI dan perusahaan pada jalur ini tercapai. Pakai pasangan yang "
        "sudah ada.",
        "The limit of pairs of agency and company in this channel is reached. Use an "
        "existing pair.",
    ),
    Reason.QUOTA_EXCEEDED: Text(
        "Jumlah melebihi kuota izin setempat. Kurangi jumlah, atau lampirkan izin tambahan.",
        "More than the host quota allows. Ask for fewer positions, or attach a further permit.",
    ),
    Reason.HOST_PERMIT_INVALID: Text(
        "Izin setempat tidak sah atau sudah lewat. Lampirkan izin yang berlaku.",
        "The host permit is not valid or has expired. Attach one that is in force.",
    ),
    Reason.WAGE_BELOW_FLOOR: Text(
        "Upah di bawah batas negara, perjanjian, atau perwakilan. Naikkan upah pada baris itu.",
        "The wage is below the floor of host law, treaty or mission. Raise it on that line.",
    ),
    Reason.EMPLOYER_INCOME_LOW: Text(
        "Penghasilan pemberi kerja di bawah batas. Lampirkan bukti penghasilan yang cukup.",
        "The employer's income is below the floor. Attach proof of sufficient income.",
    ),
    Reason.HOUSEHOLD_TOO_LARGE: Text(
        "Anggota rumah tangga melebihi batas bagi satu pekerja. Minta pekerja tambahan "
        "atau ubah tugasnya.",
        "The household is too large for one worker. Ask for another worker, or change the duties.",
    ),
    Reason.TERM_MISSING: Text(
        "Ada syarat wajib yang belum tercantum dalam rancangan perjanjian kerja. "
        "Lengkapi rancangannya.",
        "A mandatory term is missing in the draft employment contract. Complete the draft.",
    ),
    Reason.TERM_UNLAWFUL: Text(
        "Ada syarat perjanjian kerja yang melanggar hukum. Ubah atau hapus syarat itu.",
        "A term of the employment contract is unlawful. Change or remove it.",
    ),
    Reason.COST_ON_WORKER: Text(
        "Biaya dibebankan kepada pekerja padahal ditanggung pemberi kerja. Ubah tabel biaya.",
        "A cost is put on the worker that the employer must bear. Change the cost table.",
    ),
    Reason.INSURANCE_MISSING: Text(
        "Jaminan atau asuransi yang wajib belum ada. Lampirkan polis atau janji tertulisnya.",
        "A mandatory insurance is missing. Attach the policy or a written undertaking.",
    ),
    Reason.TITLE_MISMATCH: Text(
        "Nama jabatan tidak sesuai uraian tugas. Pakai kode jabatan yang sesuai.",
        "The title does not match the duties. Use the occupation code that fits.",
    ),
    Reason.SIGNATURE_INVALID: Text(
        "Tanda tangan atau kuasa tidak sah. Lampirkan dokumen yang ditandatangani "
        "pejabat berwenang.",
        "A signature or power of attorney is not valid. Attach documents signed by "
        "whoever is authorised.",
    ),
    Reason.TRANSLATION_MISSING: Text(
        "Terjemahan belum ada atau berbeda isinya. Lampirkan terjemahan resmi.",
        "A translation is missing or says something else. Attach an official one.",
    ),
    Reason.DUPLICATE: Text(
        "Permintaan yang sama sudah ada. Batalkan salah satunya.",
        "The same demand exists already. Cancel one of the two.",
    ),
    Reason.CAPACITY_DOUBTFUL: Text(
        "Jumlah tidak sebanding dengan ukuran pemberi kerja. Lampirkan bukti kebutuhan.",
        "The number does not fit the size of the employer. Attach proof of the need.",
    ),
    Reason.PAST_CASES: Text(
        "Masih ada kasus pekerja yang belum selesai pada pemberi kerja ini. Selesaikan "
        "lebih dahulu.",
        "Cases of earlier workers at this employer are still open. Settle them first.",
    ),
    Reason.FRAUD_SUSPECTED: Text(
        "Ada dugaan pemalsuan. Perwakilan menghubungi P3MI untuk pemeriksaan.",
        "Forgery is suspected. The mission will contact the agency for an examination.",
    ),
    Reason.FEE_UNPAID: Text(
        "Tarif layanan (PNBP) belum dibayar. Bayar, lalu ajukan kembali.",
        "The service fee (PNBP) is unpaid. Pay it, then submit again.",
    ),
}
