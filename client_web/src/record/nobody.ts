/** Who looks at what is kept is not in it, and leaves no mark there. */

export const NOBODY = { personId: "", name: "" };
