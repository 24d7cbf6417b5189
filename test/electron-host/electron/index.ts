/** What `import … from 'electron'` gives in the development host. Whatever it lacks throws by name when it is used. */
import { unknownApi } from '../strict.ts';
import { app } from './app.ts';
import { dialog } from './dialog.ts';
import { ipcMain } from './ipc-main.ts';
import { Menu, MenuItem } from './menu.ts';
import { net, protocol } from './protocol.ts';
import { session } from './session.ts';
import {
  clipboard,
  crashReporter,
  nativeImage,
  nativeTheme,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  screen,
  shell,
} from './small-parts.ts';
import { utilityProcess } from './utility-process.ts';
import { BrowserWindow, webContents } from './window.ts';

export {
  app,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
  webContents,
};

export const autoUpdater = unknownApi('autoUpdater');
export const BaseWindow = unknownApi('BaseWindow');
export const BrowserView = unknownApi('BrowserView');
export const ClipboardItem = unknownApi('ClipboardItem');
export const contentTracing = unknownApi('contentTracing');
export const desktopCapturer = unknownApi('desktopCapturer');
export const globalShortcut = unknownApi('globalShortcut');
export const ImageView = unknownApi('ImageView');
export const inAppPurchase = unknownApi('inAppPurchase');
export const MessageChannelMain = unknownApi('MessageChannelMain');
export const netLog = unknownApi('netLog');
export const pushNotifications = unknownApi('pushNotifications');
export const safeStorage = unknownApi('safeStorage');
export const ShareMenu = unknownApi('ShareMenu');
export const sharedTexture = unknownApi('sharedTexture');
export const systemPreferences = unknownApi('systemPreferences');
export const TouchBar = unknownApi('TouchBar');
export const Tray = unknownApi('Tray');
export const View = unknownApi('View');
export const WebContentsView = unknownApi('WebContentsView');
export const webFrameMain = unknownApi('webFrameMain');

export default {
  app,
  BrowserWindow,
  clipboard,
  crashReporter,
  dialog,
  ipcMain,
  Menu,
  MenuItem,
  nativeImage,
  nativeTheme,
  net,
  Notification,
  powerMonitor,
  powerSaveBlocker,
  protocol,
  screen,
  session,
  shell,
  utilityProcess,
  webContents,
};
