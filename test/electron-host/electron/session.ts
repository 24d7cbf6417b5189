import { EventEmitter } from 'node:events';
import { strict, UnknownElectronApi } from '../strict.ts';
import { protocol } from './protocol.ts';

type RequestHandler = NonNullable<Parameters<Electron.Session['setPermissionRequestHandler']>[0]>;
type CheckHandler = NonNullable<Parameters<Electron.Session['setPermissionCheckHandler']>[0]>;

/** Permissions as the app is asked for them, and as Chromium names them. */
const PERMISSIONS = {
  geolocation: ['geolocation'],
  notifications: ['notifications'],
  media: ['audioCapture', 'videoCapture'],
  midi: ['midi'],
  midiSysex: ['midiSysex'],
  'clipboard-read': ['clipboardReadWrite'],
  'clipboard-sanitized-write': ['clipboardSanitizedWrite'],
  'idle-detection': ['idleDetection'],
  'window-management': ['windowManagement'],
  'storage-access': ['storageAccess'],
} as const;

type Asked = keyof typeof PERMISSIONS;
type Setting = 'granted' | 'denied';

class HostSession extends EventEmitter {
  readonly protocol = protocol;
  #onRequest: RequestHandler | null = null;
  #onCheck: CheckHandler | null = null;
  readonly #changes: (() => void)[] = [];

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.#onRequest = handler;
    for (const changed of this.#changes) changed();
  }
  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.#onCheck = handler;
    for (const changed of this.#changes) changed();
  }
  setDevicePermissionHandler(): void {}
  setBluetoothPairingHandler(): void {}
  setDisplayMediaRequestHandler(): void {}
  setUSBProtectedClassesHandler(): void {}
  setSpellCheckerEnabled(): void {}
  setSpellCheckerLanguages(): void {}
  async clearCache(): Promise<void> {}
  async clearStorageData(): Promise<void> {}
  isPersistent(): boolean {
    return true;
  }

  onPermissionsChanged(listener: () => void): void {
    this.#changes.push(listener);
  }

  /** What the app answers for every permission; without a handler everything is granted, as in Electron. */
  async permissions(contents: Electron.WebContents, url: string): Promise<readonly [string, Setting][]> {
    const settings: [string, Setting][] = [];
    for (const [asked, names] of Object.entries(PERMISSIONS))
      for (const name of names) settings.push([name, await this.#answer(contents, asked as Asked, url)]);
    return settings;
  }

  async #answer(contents: Electron.WebContents, asked: Asked, url: string): Promise<Setting> {
    const details = { requestingUrl: url, isMainFrame: true } as Electron.PermissionRequest;
    const permission = asked as Parameters<RequestHandler>[1] & Parameters<CheckHandler>[1];
    const checked = this.#onCheck?.(contents, permission, new URL(url).origin, details as never) ?? true;
    const onRequest = this.#onRequest;
    const granted = onRequest
      ? await new Promise<boolean>((resolve) => onRequest(contents, permission, resolve, details))
      : true;
    return checked && granted ? 'granted' : 'denied';
  }
}

const EVENTS = `
  will-download preconnect spellcheck-dictionary-download-failure
`;
export const hostSession = new HostSession();
export const defaultSession = strict('session', hostSession, EVENTS) as unknown as Electron.Session;

export const session = strict('session (the module)', {
  defaultSession,
  fromPartition(): never {
    throw new UnknownElectronApi('session.fromPartition');
  },
});
