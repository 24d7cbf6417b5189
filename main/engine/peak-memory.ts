import { writeFileSync } from 'node:fs';

/** Peak resident memory of this process, megabytes: since {@link resetPeakRss}, or since its start. */
export function peakRssMb(): number {
  return process.resourceUsage().maxRSS / 1024;
}

/** Starts a new measurement where the system lets a process do so (Linux, proc(5): clear_refs 5). */
export function resetPeakRss(): void {
  if (process.platform !== 'linux') return;
  try {
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Without it the peak is that of the process's whole life.
  }
}
