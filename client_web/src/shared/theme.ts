/** Roundup's design language on Mantine: warm paper, dark ink, pine for what one does, clay for leaving, sun for voices. */

import {
  ActionIcon,
  Button,
  type CSSVariablesResolver,
  createTheme,
  Input,
  type MantineColorsTuple,
  NativeSelect,
  SegmentedControl,
} from "@mantine/core";

const pine: MantineColorsTuple = [
  "#eef7f4",
  "#dbece7",
  "#b8dace",
  "#8fc5b5",
  "#6cb3a0",
  "#4c9c88",
  "#2f7d6c",
  "#226658",
  "#194f44",
  "#0f3830",
];

const clay: MantineColorsTuple = [
  "#fdf0ec",
  "#f8dcd3",
  "#f0b8a6",
  "#e79177",
  "#df7050",
  "#cf5535",
  "#b5452a",
  "#963720",
  "#772a18",
  "#591e10",
];

/** Greys with a little of the paper's warmth in them. */
const gray: MantineColorsTuple = [
  "#faf5ec",
  "#f4ecdf",
  "#ebe2d2",
  "#ddd1bd",
  "#cbbda6",
  "#a99b86",
  "#857866",
  "#655b4e",
  "#453d34",
  "#29241e",
];

const dark: MantineColorsTuple = [
  "#f2ece0",
  "#d5cec0",
  "#b9b1a2",
  "#8d8779",
  "#414742",
  "#333934",
  "#242825",
  "#181b19",
  "#121513",
  "#0c0e0d",
];

const SANS =
  'ui-rounded, "SF Pro Rounded", "Segoe UI Variable Text", "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", system-ui, sans-serif';
const SERIF =
  '"Iowan Old Style", "Palatino Linotype", Palatino, "Book Antiqua", "Noto Serif", Georgia, "DejaVu Serif", serif';

export const theme = createTheme({
  colors: { pine, clay, gray, dark },
  primaryColor: "pine",
  // Both dark enough for white words on them.
  primaryShade: { light: 7, dark: 6 },
  black: "#29241e",
  white: "#fffdf9",
  fontFamily: SANS,
  headings: { fontFamily: SERIF, fontWeight: "600" },
  defaultRadius: "md",
  radius: { xs: "6px", sm: "9px", md: "12px", lg: "18px", xl: "28px" },
  cursorType: "pointer",
  focusRing: "auto",
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { radius: "xl" } }),
    ActionIcon: ActionIcon.extend({ defaultProps: { radius: "xl", variant: "subtle" } }),
    Input: Input.extend({ defaultProps: { size: "md" } }),
    NativeSelect: NativeSelect.extend({ defaultProps: { size: "md" } }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { radius: "xl" } }),
  },
});

/** The colours that differ between light and dark. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    "--mantine-color-body": "#faf5ec",
    "--mantine-color-text": "#29241e",
    "--mantine-color-dimmed": "#655b4e",
    "--mantine-color-placeholder": "#73685a",
    "--mantine-color-default": "#fffdf9",
    "--mantine-color-default-hover": "#f6efe2",
    "--mantine-color-default-color": "#29241e",
    "--mantine-color-default-border": "#ddd1bd",
    "--mantine-color-error": "#a83b22",
  },
  dark: {
    "--mantine-color-body": "#181b19",
    "--mantine-color-text": "#f2ece0",
    "--mantine-color-dimmed": "#b9b1a2",
    "--mantine-color-placeholder": "#a39b8d",
    "--mantine-color-default": "#242825",
    "--mantine-color-default-hover": "#2d322e",
    "--mantine-color-default-color": "#f2ece0",
    "--mantine-color-default-border": "#414742",
    "--mantine-color-error": "#f0967c",
  },
});
