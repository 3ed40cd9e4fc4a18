/** Spanish, of the pages that show what is kept of meetings: loaded with them. */

import type { recordEn } from "./recordEn";

export const recordEs: typeof recordEn = {
  record: {
    title: "Reuniones",
    of: "Reuniones de {{room}}",
    lead: "Quién estuvo, qué se escribió y las páginas tal como quedaron al final. Los anfitriones ven todas las reuniones; los demás, aquellas en las que estuvieron.",
    none: "Todavía no hay ninguna reunión que repasar.",
    earlier: "Reuniones anteriores",
    goingOn: "En curso",
    people_one: "{{count}} persona",
    people_other: "{{count}} personas",
    toRoom: "A la sala",
    notFound: "No conocemos esta reunión",
    notFoundText: "Quizá el enlace tiene una errata, o usted no estuvo en esa reunión.",
    soFar: "Esta reunión sigue en curso. La ve hasta donde ha llegado.",
    whoWasThere: "Quién estuvo",
    since: "desde las {{from}}",
    timeline: "Qué pasó",
    cut: "Pasó más de lo que cabe aquí. Todos los mensajes están en el chat de la sala.",
    began: "Empezó la reunión",
    ended: "Terminó la reunión",
    came: "{{name}} entró",
    cameBack: "{{name}} volvió",
    went: "{{name}} salió",
    begun: {
      board: "{{name}} empezó una página de la pizarra: {{title}}",
      notes: "{{name}} empezó unas notas: {{title}}",
    },
    moment: "Anotado en {{title}}",
    momentUntitled: "Anotado",
    pages: "Notas y pizarra",
    asAtTheEnd: "Tal como quedaron al terminar la reunión.",
    noPages: "En esta reunión no se escribió ni se dibujó nada.",
    later: "Lo que hay en ellas se guarda aquí cuando termina la reunión.",
    changed: "Ha cambiado desde entonces.",
    today: "Ver la página de hoy",
    unreadable: "Esta página no se puede mostrar ahora.",
    drawing: { show: "Mostrar el dibujo", hide: "Ocultar el dibujo" },
  },
};
