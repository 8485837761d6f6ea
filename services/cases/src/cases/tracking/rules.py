"""Where a case stands in plain words. Pure; it says nothing of the person or of the trouble."""

from cases.handling.reference.states import CaseStatus
from shared.errors import NotFound, Text


class TrackingCodeUnknown(NotFound):
    code = "tracking-code-unknown"
    title = Text("Kode pelacakan tidak dikenal", "Tracking code unknown")
    detail = Text(
        "Periksa kembali kode pada tanda terima laporan, lalu coba lagi.",
        "Check the code on the receipt of the report, then try again.",
    )


STATUS_WORDS = {
    CaseStatus.REPORTED: Text("Laporan diterima.", "The report has arrived."),
    CaseStatus.TRIAGED: Text("Laporan sudah dibaca.", "The report has been read."),
    CaseStatus.ASSIGNED: Text("Petugas sudah ditunjuk.", "An officer has been named."),
    CaseStatus.IN_HANDLING: Text("Laporan sedang ditangani.", "The report is being handled."),
    CaseStatus.SUSPENDED: Text("Penanganan ditunda.", "Handling is paused."),
    CaseStatus.RESOLVED: Text("Masalah sudah selesai.", "The trouble is over."),
    CaseStatus.CLOSED: Text("Penanganan berakhir.", "Handling has ended."),
    CaseStatus.REOPENED: Text("Penanganan dilanjutkan.", "Handling goes on."),
}
_STEP_FOLLOWS = Text(
    "Petugas akan menghubungi Anda bila perlu.", "An officer will contact you if needed."
)
NEXT_STEPS = {
    CaseStatus.REPORTED: Text(
        "Petugas membaca laporan dan menilai seberapa mendesak.",
        "An officer reads the report and judges how urgent it is.",
    ),
    CaseStatus.TRIAGED: Text("Petugas akan ditunjuk.", "An officer will be named."),
    CaseStatus.ASSIGNED: Text("Petugas mulai menangani.", "The officer takes it up."),
    CaseStatus.IN_HANDLING: _STEP_FOLLOWS,
    CaseStatus.SUSPENDED: Text(
        "Hubungi kantor ini bila ada keterangan baru.",
        "Contact this office if you know anything new.",
    ),
    CaseStatus.RESOLVED: Text("Laporan akan ditutup.", "The report will be closed."),
    CaseStatus.CLOSED: Text(
        "Hubungi kantor ini bila masalah berlanjut.",
        "Contact this office if the trouble goes on.",
    ),
    CaseStatus.REOPENED: _STEP_FOLLOWS,
}
