/** A ring of people with the morning sun among them. */
export function Logo({ size = 32 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true" focusable="false">
      {SEATS.map(([x, y], index) => (
        <circle
          key={`${x}`}
          cx={x}
          cy={y}
          r={index === 0 ? 4.6 : 3.5}
          fill={index === 0 ? "#e9981c" : "var(--mantine-color-pine-6)"}
        />
      ))}
    </svg>
  );
}

/** Seven places around a table, from the top. */
const SEATS = Array.from({ length: 7 }, (_, seat) => {
  const angle = (seat / 7) * 2 * Math.PI - Math.PI / 2;
  const round = (value: number) => Math.round(value * 100) / 100;
  return [round(16 + 11 * Math.cos(angle)), round(16 + 11 * Math.sin(angle))] as const;
});
