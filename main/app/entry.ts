import { app } from 'electron';
import { registerSchemes } from './schemes.ts';
import { filesAmong, shellArguments } from './start-arguments.ts';

/*
 * Electron's main process. What must happen before the app is ready happens here and at once; everything else waits
 * for it in start.ts. Nothing here may await: Electron gets ready only after this module has run.
 */

process.env['ORT_DISABLE_TELEMETRY'] = '1';
const args = process.argv.slice(process.defaultApp ? 2 : 1);
const shell = shellArguments(args);

if (shell) {
  void app.whenReady().then(async () => {
    const { runShell } = await import('./shell-mode.ts');
    app.exit(await runShell(shell));
  });
} else if (app.requestSingleInstanceLock()) {
  startWindowed();
} else {
  // The program that is running opens the files.
  app.quit();
}

function startWindowed(): void {
  registerSchemes();
  // What Windows groups the taskbar by; the installer writes the same.
  app.setAppUserModelId('app.davenport.Davenport');
  app.enableSandbox();
  const opened: string[][] = [filesAmong(args, process.cwd())];
  let open: (paths: readonly string[]) => void = (paths) => void opened.push([...paths]);
  app.on('open-file', (event, path) => {
    event.preventDefault();
    open([path]);
  });
  app.on('second-instance', (_event, argv, cwd) => open(filesAmong(argv.slice(1), cwd)));
  void app
    .whenReady()
    .then(() => import('./start.ts'))
    .then(({ startProgram }) => startProgram())
    .then((openPaths) => {
      open = openPaths;
      for (const paths of opened) if (paths.length > 0) open(paths);
    })
    .catch((error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      app.exit(1);
    });
}
