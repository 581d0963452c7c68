/** The slope of the line that fits points best, by least squares. */
export function slope(points: [x: number, y: number][]): number {
  const mean = (values: number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const [x, y] = [mean(points.map(([x]) => x)), mean(points.map(([, y]) => y))];
  const deviations = points.map(([px, py]) => [px - x, py - y] as const);
  return (
    deviations.reduce((sum, [dx, dy]) => sum + dx * dy, 0) /
    deviations.reduce((sum, [dx]) => sum + dx * dx, 0)
  );
}
