// From logits to probabilities at a temperature, in float64.

export function softmax(logits, temperature) {
  let top = -Infinity;
  for (const logit of logits) top = Math.max(top, logit / temperature);
  let sum = 0;
  const shares = Float64Array.from(logits, (logit) => {
    const share = Math.exp(logit / temperature - top);
    sum += share;
    return share;
  });
  return shares.map((share) => share / sum);
}
