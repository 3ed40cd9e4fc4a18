"""The words of reports, in the languages that the pages have."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from protocol.hours import ContactType, EntryState, PairKind, Standing
from server.printing.labels import SPANISH as SPANISH_PRINT
from server.printing.labels import PrintLabels
from server.reports.rows import About, Counting


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLabels(PrintLabels):
    """Words in the reader's language, English unless said otherwise."""

    short_day: str = "{month} {day}, {year}"
    period: str = "{first} to {last}"

    contact_types: Mapping[ContactType, str] = field(
        default_factory=lambda: {
            ContactType.CONFERENCE: "Conference",
            ContactType.GROUP: "Group",
            ContactType.OBSERVATION: "Observation",
            ContactType.PHONE: "Phone",
            ContactType.EMAIL: "E-mail",
            ContactType.READING: "Reading",
            ContactType.VISIT: "Visit",
            ContactType.OTHER: "Other",
        }
    )
    states: Mapping[EntryState, str] = field(
        default_factory=lambda: {
            EntryState.PROPOSED: "Proposed",
            EntryState.CONFIRMED: "Confirmed",
            EntryState.DISPUTED: "Disputed",
            EntryState.APPROVED: "Approved",
            EntryState.WITHDRAWN: "Withdrawn",
        }
    )
    pair_kinds: Mapping[PairKind, str] = field(
        default_factory=lambda: {
            PairKind.MENTOR: "Mentor",
            PairKind.CONTENT_BUDDY: "Content buddy",
            PairKind.LEAD_TEACHER: "Lead teacher",
        }
    )
    standings: Mapping[Standing, str] = field(
        default_factory=lambda: {
            Standing.MET: "Met",
            Standing.ON_TRACK: "On track",
            Standing.AT_RISK: "At risk",
            Standing.OVERDUE: "Overdue",
        }
    )

    summary: str = "Summary"
    entries: str = "Entries"
    about: str = "About"
    total: str = "Total"
    day_of: str = "Day"
    mentor: str = "Mentor"
    mentee: str = "Mentee"
    kind: str = "Kind"
    contact: str = "Contact"
    state: str = "State"
    measured: str = "Measured"
    credited: str = "Credited"
    counted: str = "Counted"
    waiting: str = "Waiting"
    disputed: str = "Disputed"
    room: str = "Room"
    time: str = "Time"
    began: str = "Meeting began"
    offset: str = "UTC offset"
    text: str = "Text"
    log_row: str = "Row of the log"
    starts_on: str = "From"
    ends_on: str = "Until"
    standing: str = "Standing"

    programme: str = "Programme"
    period_of: str = "Period"
    time_zone: str = "Time zone"
    made: str = "Made"
    made_by: str = "{at} by {name}"
    filters: str = "Only"
    log_head: str = "Hours log"
    head: str = "Hours log up to row {number}, SHA-256 {hash}"
    counting: str = "How minutes are counted"
    counting_measured: str = (
        "Measured is the time for which both were in the same meeting, each counted once however many tabs and "
        "devices they had open."
    )
    counting_nearest: str = "Credited is that time, gaps of up to {grace} s filled, to the nearest minute."
    counting_down: str = "Credited is that time, gaps of up to {grace} s filled, down to full minutes."
    counting_minimum: str = "Less than {minutes} min is not proposed."
    counting_limit: str = "A pair is credited {length} on one day at most."
    counting_states: Mapping[EntryState, str] = field(
        default_factory=lambda: {
            EntryState.PROPOSED: "Entries count unless they are disputed or withdrawn.",
            EntryState.CONFIRMED: (
                "Entries count once mentor and mentee have both confirmed them, or a coordinator has approved them."
            ),
            EntryState.APPROVED: "Entries count once a coordinator has approved them.",
        }
    )

    counting_brackets: str = "What is in brackets does not count."

    statement: str = "Statement of mentoring hours"
    pair: str = "Pair"
    pair_of: str = "{mentor} with {mentee}"
    continued: str = "{text} (continued)"
    by_hand: str = "Entered by hand"
    nothing: str = "There are no entries in this period."
    signature: str = "Signature and date, {name}"
    coordinator: str = "Signature and date, coordinator"

    certificate: str = "Certificate of Mentoring Hours"
    certifies: str = "This is to certify that"
    has_completed: str = "has completed"
    of_mentoring: str = "of mentoring, {period}"
    certified: Mapping[EntryState, str] = field(
        default_factory=lambda: {
            EntryState.PROPOSED: "Recorded in the programme’s hours log.",
            EntryState.CONFIRMED: (
                "Recorded in the programme’s hours log and confirmed by both sides, or approved by a coordinator."
            ),
            EntryState.APPROVED: "Recorded in the programme’s hours log and approved by a coordinator.",
        }
    )
    several_at_once: str = "An hour with several people at once counts as one hour."
    approved_by: str = "Approved by"
    date_of: str = "Date"
    hours: tuple[str, str] = ("{count} hour", "{count} hours")
    minutes: tuple[str, str] = ("{count} minute", "{count} minutes")

    calendar: str = "Mentoring: what is due"
    missing: str = (
        "The font of this file lacks some letters, which show as □. Names can be kept with Latin letters beside them."
    )

    def short(self, day: date) -> str:
        """Return a day for where there is little room."""
        return self.short_day.format(month=self.months[day.month - 1][:3], day=day.day, year=day.year)

    def period_from(self, about: About) -> str:
        """Return the days of a report."""
        return self.period.format(first=self.written(about.first_day), last=self.written(about.last_day))

    def made_on(self, about: About) -> str:
        """Return when a report was made, and who made it."""
        at = about.made_at.astimezone(about.zone)
        return self.made_by.format(at=f"{self.written(at.date())}, {at:%H:%M %Z}", name=about.made_by)

    def length(self, minutes: int) -> str:
        """Return minutes in words; whole hours without minutes."""
        hours, rest = divmod(minutes, 60)
        parts = [_counted(self.hours, hours)] if hours or not rest else []
        return " ".join([*parts, _counted(self.minutes, rest)] if rest else parts)

    def rules(self, counting: Counting) -> tuple[str, ...]:
        """Return in words what minutes are counted by."""
        credited = self.counting_down if counting.is_rounded_down else self.counting_nearest
        return (
            self.counting_measured,
            credited.format(grace=counting.grace_s),
            *([self.counting_minimum.format(minutes=counting.minimum_minutes)] if counting.minimum_minutes > 1 else []),
            self.counting_limit.format(length=self.length(counting.minutes_per_day_limit)),
            self.counting_states[counting.counts_from],
        )


def _counted(words: tuple[str, str], count: int) -> str:
    return words[count != 1].format(count=count)


ENGLISH = ReportLabels()
SPANISH = ReportLabels(
    language=SPANISH_PRINT.language,
    months=SPANISH_PRINT.months,
    day=SPANISH_PRINT.day,
    page=SPANISH_PRINT.page,
    short_day="{day} {month} {year}",
    period="{first} al {last}",
    contact_types={
        ContactType.CONFERENCE: "Conferencia",
        ContactType.GROUP: "Grupo",
        ContactType.OBSERVATION: "Observación",
        ContactType.PHONE: "Teléfono",
        ContactType.EMAIL: "Correo",
        ContactType.READING: "Lectura",
        ContactType.VISIT: "Visita",
        ContactType.OTHER: "Otro",
    },
    states={
        EntryState.PROPOSED: "Propuesta",
        EntryState.CONFIRMED: "Confirmada",
        EntryState.DISPUTED: "En disputa",
        EntryState.APPROVED: "Aprobada",
        EntryState.WITHDRAWN: "Retirada",
    },
    pair_kinds={
        PairKind.MENTOR: "Mentoría",
        PairKind.CONTENT_BUDDY: "Colega de materia",
        PairKind.LEAD_TEACHER: "Docente líder",
    },
    standings={
        Standing.MET: "Cumplido",
        Standing.ON_TRACK: "En camino",
        Standing.AT_RISK: "En riesgo",
        Standing.OVERDUE: "Atrasado",
    },
    summary="Resumen",
    entries="Entradas",
    about="Acerca de",
    total="Total",
    day_of="Día",
    mentor="Mentor/a",
    mentee="Docente",
    kind="Tipo",
    contact="Contacto",
    state="Estado",
    measured="Medido",
    credited="Acreditado",
    counted="Contado",
    waiting="Pendiente",
    disputed="En disputa",
    room="Sala",
    time="Hora",
    began="Inicio de la reunión",
    offset="Diferencia UTC",
    text="Texto",
    log_row="Fila del registro",
    starts_on="Desde",
    ends_on="Hasta",
    standing="Situación",
    programme="Programa",
    period_of="Período",
    time_zone="Zona horaria",
    made="Creado",
    made_by="{at}, por {name}",
    filters="Solo",
    log_head="Registro de horas",
    head="Registro de horas hasta la fila {number}, SHA-256 {hash}",
    counting="Cómo se cuentan los minutos",
    counting_measured=(
        "Medido es el tiempo en que ambas personas estuvieron en la misma reunión, contado una sola vez aunque "
        "tuvieran varias pestañas o dispositivos abiertos."
    ),
    counting_nearest="Acreditado es ese tiempo, sin restar pausas de hasta {grace} s, al minuto más próximo.",
    counting_down="Acreditado es ese tiempo, sin restar pausas de hasta {grace} s, en minutos completos.",
    counting_minimum="Menos de {minutes} min no se propone.",
    counting_limit="A una pareja se le acreditan {length} en un día como máximo.",
    counting_states={
        EntryState.PROPOSED: "Las entradas cuentan salvo que estén en disputa o retiradas.",
        EntryState.CONFIRMED: (
            "Las entradas cuentan cuando ambas personas las han confirmado, o la coordinación las ha aprobado."
        ),
        EntryState.APPROVED: "Las entradas cuentan cuando la coordinación las ha aprobado.",
    },
    counting_brackets="Lo que está entre paréntesis no cuenta.",
    statement="Informe de horas de mentoría",
    pair="Pareja",
    pair_of="{mentor} con {mentee}",
    continued="{text} (continuación)",
    by_hand="Anotado a mano",
    nothing="No hay entradas en este período.",
    signature="Firma y fecha, {name}",
    coordinator="Firma y fecha, coordinación",
    certificate="Certificado de Horas de Mentoría",
    certifies="Por la presente se certifica que",
    has_completed="ha completado",
    of_mentoring="de mentoría, del {period}",
    certified={
        EntryState.PROPOSED: "Constan en el registro de horas del programa.",
        EntryState.CONFIRMED: (
            "Constan en el registro de horas del programa, confirmadas por ambas partes o por la coordinación."
        ),
        EntryState.APPROVED: "Constan en el registro de horas del programa, aprobadas por la coordinación.",
    },
    several_at_once="Una hora con varias personas a la vez cuenta como una hora.",
    approved_by="Aprobado por",
    date_of="Fecha",
    hours=("{count} hora", "{count} horas"),
    minutes=("{count} minuto", "{count} minutos"),
    calendar="Mentoría: lo que toca",
    missing="A este archivo le faltan letras, que se ven como □. Los nombres pueden llevar al lado letras latinas.",
)
LABELS: Mapping[str, ReportLabels] = {labels.language: labels for labels in (ENGLISH, SPANISH)}
"""By language."""
