import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import type { Bridge, DropRole } from './contract.ts';
import { callNames, droppedChannel, eventNames, picturesPath } from './names.ts';

/**
 * The one thing the window gets of the program: {@link Bridge}. Runs sandboxed, so it requires `electron` alone and
 * is built into one CommonJS file. Names are checked here, payloads by the main process.
 */
const known: ReadonlySet<string> = new Set(callNames);
const told: ReadonlySet<string> = new Set(eventNames);

const bridge: Bridge = {
  call(channel, request) {
    if (!known.has(channel)) throw new TypeError(`Expected a call of the contract but received ${channel}`);
    return ipcRenderer.invoke(channel, request);
  },
  on(event, listener) {
    if (!told.has(event)) throw new TypeError(`Expected an event of the contract but received ${event}`);
    // The event object leads back to ipcRenderer: the window never sees it.
    const pass = (_event: IpcRendererEvent, value: unknown) => listener(value as never);
    ipcRenderer.on(event, pass);
    return () => {
      ipcRenderer.removeListener(event, pass);
    };
  },
  dropped(files, as: DropRole) {
    const paths = files.map((file) => webUtils.getPathForFile(file)).filter((path) => path !== '');
    return ipcRenderer.invoke(droppedChannel, { paths, as });
  },
  tiles: picturesPath,
};

contextBridge.exposeInMainWorld('davenport', bridge);
