/** Longest wait of a run for the coarse mask, ms: what a click may cost where the answer is slow. */
const HEAD_START_MS = 150;

let answering: Promise<unknown> = Promise.resolve();

/** The newest question about a coarse mask; it settles with its answer and never fails. */
export function awaitMask(answer: Promise<unknown>): void {
  answering = answer;
}

/** Settles when no question about a coarse mask waits for its answer. */
export async function maskAnswered(): Promise<void> {
  let seen: unknown;
  do await (seen = answering);
  while (seen !== answering);
}

/** Lets the coarse mask come first: a run beside it would keep it waiting far longer than it takes. */
export async function giveMaskHeadStart(): Promise<void> {
  await Promise.race([maskAnswered(), new Promise((resolve) => setTimeout(resolve, HEAD_START_MS))]);
}
