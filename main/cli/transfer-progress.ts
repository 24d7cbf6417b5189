import { Presets, SingleBar } from 'cli-progress';

/** Shows how much of a download has come; `stop` leaves the screen tidy and may be called twice. */
export interface TransferView {
  onProgress(done: number, all: number, file: string): void;
  stop(): void;
}

/** A bar on a terminal, a line per file where there is none, nothing with `quiet`. */
export function startTransfer(title: string, quiet: boolean): TransferView {
  if (quiet) return { onProgress: () => undefined, stop: () => undefined };
  return process.stderr.isTTY ? barView(title) : lineView(title);
}

function barView(title: string): TransferView {
  const bar = new SingleBar(
    {
      format: `  ${title} {bar} {percentage}%  {file}`,
      stream: process.stderr,
      barsize: 32,
      hideCursor: true,
    },
    Presets.shades_grey,
  );
  return {
    onProgress(done, all, file) {
      if (!bar.isActive) bar.start(all, done, { file });
      bar.update(done, { file });
    },
    stop: () => bar.stop(),
  };
}

function lineView(title: string): TransferView {
  let shown = '';
  return {
    onProgress(_done, _all, file) {
      if (file === shown) return;
      shown = file;
      process.stderr.write(`${title}: ${file} …\n`);
    },
    stop: () => undefined,
  };
}
