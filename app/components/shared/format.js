// How numbers are set: three significant digits, a true minus, thousands separated; the full value on pointing.

const grouped = new Intl.NumberFormat("en-US"); // many times as fast as toLocaleString

export const whole = (number) => grouped.format(number);

export function short(value) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "not a number" : value < 0 ? "−∞" : "∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  let text;
  if (size >= 1e6 || size < 1e-4) {
    const [mantissa, exponent] = value.toExponential(2).split("e");
    return `${mantissa}e${Number(exponent)}`.replaceAll("-", "−");
  }
  if (size >= 1000) text = whole(Math.round(value));
  else text = String(Number(value.toPrecision(3)));
  return text.replaceAll("-", "−");
}

export const full = (value) => String(value).replace("-", "−");

// 1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st.
export function ordinal(place) {
  const teen = place % 100 > 10 && place % 100 < 14;
  return `${whole(place)}${teen ? "th" : { 1: "st", 2: "nd", 3: "rd" }[place % 10] ?? "th"}`;
}

export const count = (number, noun, plural = `${noun}s`) =>
  `${whole(number)} ${number === 1 ? noun : plural}`;
