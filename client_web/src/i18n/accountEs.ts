/** Spanish, of the page about oneself: loaded with it. */

import type { accountEn } from "./accountEn";

export const accountEs: typeof accountEn = {
  account: {
    title: "Sus datos y claves de API",
    signedInAs: "Ha entrado como {{name}}",
    export: {
      title: "Todo sobre usted",
      text: "Un archivo (ZIP) con todo lo que Roundup guarda sobre usted: reuniones, horas, mensajes, tareas, entradas, y quién ha mirado sus horas.",
      button: "Guardar todo sobre mí",
      making: "Se está preparando el archivo …",
      done: "El archivo está guardado en este dispositivo.",
      tooMany: "Lo ha pedido varias veces en una hora. Inténtelo de nuevo un poco más tarde.",
    },
    tokens: {
      title: "Claves de API",
      text: "Con una clave, un programa suyo lee lo que usted puede ver: horas, parejas, informes. No cambia nada. No se la dé a nadie: quien la tiene lee como si fuera usted.",
      more: "Qué puede preguntar un programa (OpenAPI)",
      none: "No tiene ninguna clave.",
      make: "Crear una clave",
      form: {
        title: "Una clave nueva",
        name: "Para qué es",
        example: "Informe para el estado",
        days: "Cuánto tiempo funciona",
        daysOf_one: "{{count}} día",
        daysOf_other: "{{count}} días",
        until: "Funciona hasta el {{day}}, o hasta que usted la revoque.",
        noName: "Unas palabras, para que la reconozca.",
        do: "Crearla",
        cancel: "Cancelar",
      },
      made: {
        title: "La clave nueva: {{name}}",
        text: "Cópiela ahora y guárdela como una contraseña. Se muestra solo esta vez; nosotros no la tenemos.",
        label: "Clave",
        copy: "Copiar",
        copied: "Copiada.",
        failed: "Su navegador no nos deja copiarla. Ya está marcada: cópiela usted.",
        done: "Ya la he guardado",
      },
      until: "Funciona hasta el {{day}}",
      ended: "No funciona desde el {{day}}",
      used: "usada por última vez {{at}}",
      unused: "nunca usada",
      madeOn: "creada el {{day}}",
      revoke: "Revocar",
      revokeThis: "Revocar: {{name}}",
      question: "¿Revocar esta clave?",
      consequence:
        "Los programas que usan «{{name}}» dejan de poder entrar al instante. No se puede deshacer.",
      keep: "Conservarla",
      revoked: "Revocada: {{name}}",
      problem: {
        many: "Tiene tantas claves como se puede. Revoque una que ya no necesite, o inténtelo mañana.",
        name: "No se puede llamar así. Pruebe con otras palabras.",
        signedOut: "Ya no está dentro. Para volver a entrar, abra su enlace personal.",
        other: "No ha funcionado. Inténtelo de nuevo en un momento.",
      },
    },
  },
};
