"""What cannot be answered about reference data."""

from shared.errors import NotFound, Text


class NoCompetentMission(NotFound):
    code = "no-competent-mission"
    title = Text("Tidak ada Perwakilan yang berwenang", "No competent mission")
    detail = Text(
        "Tidak ada Perwakilan RI yang berwenang atas tempat ini pada tanggal tersebut.",
        "No Indonesian mission is competent for this place on that date.",
    )
