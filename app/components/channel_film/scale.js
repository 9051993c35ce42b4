// Where does a step stand on the curve? On a scale that doubles: most happens in the first steps.

const MARGIN = { left: 8, right: 58, top: 8, bottom: 20 }; // CSS pixels; numbers stand at the right and below

// Maps steps 0 … `steps` and values `low` … `high` to CSS pixels of a chart, and a place back to a step.
export function scales({ width, height }, steps, values) {
  const [low, high] = range(values);
  const across = width - MARGIN.left - MARGIN.right;
  const down = height - MARGIN.top - MARGIN.bottom;
  const ends = Math.log2(steps + 1);
  return {
    low, high,
    x: (step) => MARGIN.left + (across * Math.log2(step + 1)) / ends,
    y: (value) => MARGIN.top + down * (1 - (value - low) / (high - low)),
    stepAt: (x) => 2 ** (Math.min(1, Math.max(0, (x - MARGIN.left) / across)) * ends) - 1,
    right: width - MARGIN.right, bottom: height - MARGIN.bottom,
  };
}

function range(values) {
  let [low, high] = [0, 0]; // zero is always on the chart
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return high > low ? [low, high] : [low, low + 1];
}

// The index of the frame whose step is nearest on that scale.
export function nearest(frames, step) {
  const far = (frame) => Math.abs(Math.log2(frame + 1) - Math.log2(step + 1));
  return frames.reduce((best, frame, index) => (far(frame) < far(frames[best]) ? index : best), 0);
}
