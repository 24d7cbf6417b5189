import { app, session, type WebContents } from 'electron';
import { appHost, appScheme } from '../../preload/names.ts';

/** Denies what a window of this program never needs: permissions, navigation, further windows, embedded pages. */
export function lockDown(): void {
  session.defaultSession.setPermissionRequestHandler((_contents, _permission, decide) => decide(false));
  session.defaultSession.setPermissionCheckHandler(() => false);
  app.on('web-contents-created', (_event, contents) => {
    contents.setWindowOpenHandler(() => ({ action: 'deny' }));
    contents.on('will-navigate', (event) => {
      if (!isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-frame-navigate', (event) => {
      if (!event.isMainFrame || !isOwnPage(event.url)) event.preventDefault();
    });
    contents.on('will-attach-webview', (event) => event.preventDefault());
  });
}

/** True for the one document that this program shows. */
export function isOwnPage(url: string): boolean {
  return URL.canParse(url) && new URL(url).protocol === `${appScheme}:` && new URL(url).host === appHost;
}

/** True where a message comes from the main frame of our window, showing our page. */
export function isTrustedSender(event: Electron.IpcMainInvokeEvent, contents: WebContents | null): boolean {
  const frame = event.senderFrame;
  return (
    contents !== null &&
    event.sender === contents &&
    frame !== null &&
    frame === contents.mainFrame &&
    isOwnPage(frame.url)
  );
}
