/** The demo's utility process. */
process.parentPort.on('message', ({ data }: { data: { bytes?: Float32Array; end?: 'crash' | 'exit' } }) => {
  if (data.end === 'exit') process.exit(3);
  if (data.end === 'crash') process.abort();
  const half = data.bytes?.map((value) => value / 2);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
  process.parentPort.postMessage({ half, pid: process.pid, args: process.argv.slice(2), type: process.type });
});
