// Why there is no webcam, and what is going on when there is.

export const NOT_SECURE = "A browser gives the webcam only to pages over HTTPS or on this machine itself. Upload pictures instead, "
  + "or ask whoever runs the app to start it with make app CERT=certificate.pem KEY=key.pem.";

export const OFF = "Asks live about what it sees, and records bursts of pictures into your own classes.";

export function refusal({ name }) {
  if (name === "NotAllowedError") return "The browser may not use the webcam: allow it beside the address, or upload pictures.";
  if (name === "NotFoundError") return "There is no webcam on this device: upload pictures instead.";
  return "The webcam is in use elsewhere, or does not answer: close what uses it, or upload pictures.";
}

export function going({ recording, live }, { into, frames }) {
  if (recording) return `Recording ${recording} of ${frames} into ${into}: move it a little.`;
  if (live) return "Live: the answer above follows the webcam.";
  return into ? `A burst is ${frames} pictures in two seconds; they stay on one side of a split by burst.` : "Name a class to record into, or ask live.";
}
