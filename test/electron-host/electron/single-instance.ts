import {
  closeSync,
  type FSWatcher,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  watch,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** What a second start of the app tells the first. */
export interface SecondStart {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly data: unknown;
}

/** Electron's single-instance lock, between real processes that share one folder of user data. */
export class SingleInstance {
  readonly #folder: () => string;
  #watcher: FSWatcher | null = null;
  #listener: (start: SecondStart) => void = () => {};

  constructor(userData: () => string) {
    this.#folder = () => join(userData(), 'single-instance');
  }

  get held(): boolean {
    return this.#watcher !== null;
  }

  onSecond(listener: (start: SecondStart) => void): void {
    this.#listener = listener;
  }

  /** Takes the lock; where another process holds it, that process is told of this start. */
  request(data: unknown): boolean {
    if (this.held) return true;
    const folder = this.#folder();
    mkdirSync(folder, { recursive: true });
    if (!this.#take()) {
      const start: SecondStart = { argv: process.argv, cwd: process.cwd(), data };
      const draft = join(folder, `${process.pid}.draft`);
      const file = openSync(draft, 'w');
      writeSync(file, JSON.stringify(start));
      closeSync(file);
      renameSync(draft, join(folder, `${process.pid}.json`));
      return false;
    }
    this.#watcher = watch(folder, () => this.#receive());
    this.#watcher.unref();
    return true;
  }

  release(): void {
    if (!this.held) return;
    this.#watcher?.close();
    this.#watcher = null;
    rmSync(join(this.#folder(), 'lock'), { force: true });
  }

  #take(): boolean {
    const lock = join(this.#folder(), 'lock');
    try {
      const file = openSync(lock, 'wx');
      writeSync(file, String(process.pid));
      closeSync(file);
      return true;
    } catch {
      const holder = Number(readFileSync(lock, 'utf8'));
      if (isAlive(holder)) return false;
      rmSync(lock, { force: true });
      return this.#take();
    }
  }

  #receive(): void {
    for (const name of readdirSync(this.#folder()).filter((file) => file.endsWith('.json'))) {
      const path = join(this.#folder(), name);
      const start = JSON.parse(readFileSync(path, 'utf8')) as SecondStart;
      rmSync(path, { force: true });
      this.#listener(start);
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
