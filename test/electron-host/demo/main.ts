/** An ordinary Electron main process for the host's own tests; nothing in it knows of the host. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import {
  app,
  BrowserWindow,
  dialog,
  ipcMain,
  Menu,
  net,
  protocol,
  session,
  shell,
  utilityProcess,
} from 'electron';

const here = import.meta.dirname;
const POLICY = "default-src 'self'; img-src 'self' other:; connect-src 'self' other:";

protocol.registerSchemesAsPrivileged([
  { scheme: 'demo', privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true } },
  { scheme: 'other', privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: true } },
]);
if (!app.requestSingleInstanceLock({ note: 'second' })) app.quit();
const seen: unknown[] = [];
app.on('second-instance', (_event, argv, _cwd, data) => seen.push({ argv: argv.slice(2), data }));
app.on('open-file', (event, path) => {
  event.preventDefault();
  seen.push({ path });
});
app.on('child-process-gone', (_event, { type, reason, name }) => seen.push({ type, reason, name }));
app.on('window-all-closed', () => app.quit());
app.on('will-quit', () => process.stdout.write('will quit\n'));

/** A body in many pieces; `?slow` never ends by itself. */
function serveStream(slow: boolean, signal: AbortSignal): Response {
  let sent = 0;
  signal.addEventListener('abort', () => seen.push({ aborted: slow }));
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      if (!slow && sent === 64) return controller.close();
      if (slow) await new Promise((resolve) => setTimeout(resolve, 20));
      controller.enqueue(new Uint8Array(65_536).fill(sent++ & 255));
    },
  });
  return new Response(body, { headers: { 'content-type': 'application/octet-stream' } });
}

async function serve(request: Request): Promise<Response> {
  const { pathname, search } = new URL(request.url);
  if (pathname === '/stream') return serveStream(search === '?slow', request.signal);
  if (pathname === '/range') return Response.json(Object.fromEntries(request.headers));
  const file = await net.fetch(pathToFileURL(join(here, 'files', pathname)).href).catch(() => null);
  if (!file) return new Response('', { status: 404 });
  const type = file.headers.get('content-type') ?? '';
  return new Response(file.body, { headers: { 'content-type': type, 'content-security-policy': POLICY } });
}

const picture = `<svg xmlns="http://www.w3.org/2000/svg" width="80" height="20"/>`;

function answerIpc(child: Electron.UtilityProcess): void {
  const window = () => BrowserWindow.getAllWindows()[0] as BrowserWindow;
  ipcMain.handle('echo', (event, value: unknown) => ({
    value,
    url: event.senderFrame?.url,
    origin: event.senderFrame?.origin,
    isMainFrame: event.senderFrame === event.sender.mainFrame,
  }));
  ipcMain.handle('fail', () => {
    throw new RangeError('too far');
  });
  ipcMain.handle('ask', () => dialog.showOpenDialog({ title: 'Open a photo' }));
  ipcMain.handle('seen', () => seen);
  ipcMain.handle('visit', (_event, url: string) => shell.openExternal(url));
  ipcMain.handle('progress', (_event, value: number) => window().setProgressBar(value));
  ipcMain.handle('child', (_event, message: object) => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a process has no origin
    child.postMessage(message);
    return new Promise((resolve) => {
      child.once('message', resolve);
      child.once('exit', (code) => resolve({ exit: code }));
    });
  });
  ipcMain.handle('unknown', (_event, name: string) => {
    if (name === 'member') (app as unknown as Record<string, () => void>)['moveToApplicationsFolder']?.();
    if (name === 'event') window().webContents.on('before-input-event', () => {});
    if (name === 'write') Object.assign(window(), { nonsense: 1 });
    return name === 'preference' && new BrowserWindow({ webPreferences: { nodeIntegration: true } }).id;
  });
  ipcMain.on('note', (event, text: string) => event.reply('noted', `${text}!`));
}

function tell(target: Electron.BaseWindow | undefined, command: string): void {
  if (target instanceof BrowserWindow) target.webContents.send('menu', command);
}

async function open(): Promise<void> {
  protocol.handle('demo', serve);
  protocol.handle('other', () => new Response(picture, { headers: { 'content-type': 'image/svg+xml' } }));
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
  answerIpc(utilityProcess.fork(join(here, 'child.ts'), ['--demo'], { serviceName: 'demo child' }));
  Menu.setApplicationMenu(
    Menu.buildFromTemplate([
      {
        label: 'Edit',
        submenu: [
          {
            id: 'undo',
            label: 'Undo',
            accelerator: 'CmdOrCtrl+Z',
            click: (_item, target) => tell(target, 'undo'),
          },
          { id: 'never', label: 'Never', enabled: false, click: (_item, target) => tell(target, 'never') },
          { type: 'separator' },
          { role: 'copy' },
        ],
      },
    ]),
  );
  const window = new BrowserWindow({
    width: 900,
    height: 600,
    webPreferences: {
      preload: join(here, 'preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      additionalArguments: ['--from-main'],
    },
  });
  window.webContents.on('will-navigate', (event) => {
    seen.push({ stopped: event.url });
    event.preventDefault();
  });
  window.webContents.setWindowOpenHandler(({ url }) => {
    seen.push({ refused: url });
    return { action: 'deny' };
  });
  window.webContents.on('render-process-gone', (_event, { reason }) => seen.push({ reason }));
  window.on('close', (event) => {
    if (readFileSync(join(here, 'files/index.html')).length === 0) event.preventDefault();
  });
  await window.loadURL('demo://app/index.html');
}

void app.whenReady().then(open);
