"""Names of people who do not exist. Pure."""

_FIRST = (
    *("Ada", "Amara", "Anders", "Aisha", "Beatriz", "Caleb", "Carmen", "Chen", "Dalia", "Daniel", "Elena", "Emeka"),
    *("Esther", "Farid", "Fiona", "Gabriel", "Grace", "Hana", "Henry", "Imani", "Ines", "Isaac", "Jamila", "Jonas"),
    *("Karim", "Kofi", "Lara", "Leon", "Lucía", "Maya", "Mei", "Miguel", "Nadia", "Noah", "Olga", "Omar", "Paula"),
    *("Priya", "Quinn", "Rafael", "Ruth", "Samir", "Sofía", "Tara", "Tomás", "Uma", "Victor", "Wendy", "Yara", "Zoë"),
)
_LAST = (
    *("Abbott", "Adeyemi", "Andersen", "Baker", "Barros", "Bennett", "Brandt", "Carter", "Castillo", "Choi", "Cohen"),
    *("Delgado", "Diallo", "Edwards", "Fischer", "Flores", "Fraser", "García", "Greene", "Haddad", "Hansen", "Ibarra"),
    *("Ivanova", "Jensen", "Kaur", "Keller", "Kowalski", "Lam", "Larsen", "Lindqvist", "Marsh", "Mensah", "Moreau"),
    *("Nguyen", "Novak", "O’Brien", "Okafor", "Ortega", "Park", "Patel", "Pereira", "Quist", "Raman", "Reyes", "Rossi"),
    *("Sato", "Schmidt", "Silva", "Tanaka", "Torres", "Underwood", "Vega", "Walsh", "Weiss", "Whitfield", "Yilmaz"),
)


def name_of(number: int) -> str:
    """Return the name of an invented person: always the same, and another one for each number below 2,500."""
    return f"{_FIRST[number % len(_FIRST)]} {_LAST[(number // len(_FIRST) + number) % len(_LAST)]}"
