const { contextBridge, ipcRenderer, webUtils } = require('electron');
const { EventEmitter } = require('events');
window.secretOfPreload = 1;
const refused = (name) => {
  try {
    require(name);
    return '';
  } catch (error) {
    return error.message;
  }
};
class Point {
  constructor() {
    this.x = 1;
  }
  norm() {
    return 1;
  }
}
contextBridge.exposeInMainWorld('api', {
  refused: { fs: refused('node:fs'), relative: refused('./other.cjs') },
  hasEvents: typeof EventEmitter === 'function',
  process: { argv: process.argv.at(-1), platform: process.platform, sandboxed: process.sandboxed },
  nested: { list: [1, { two: 2 }] },
  point: new Point(),
  twice: (x) => x * 2,
  apply: (f, x) => f(x) + 1,
  same: (f) => f,
  later: async (x) => ({ answer: x, add: (y) => x + y }),
  fail: () => {
    throw Object.assign(new TypeError('no good'), { secret: 1 });
  },
  symbol: () => Symbol('s'),
  invoke: (channel, ...args) => ipcRenderer.invoke(channel, ...args),
  note: (text) => ipcRenderer.send('note', text),
  onNoted: (listener) => ipcRenderer.on('noted', (_event, text) => listener(text)),
  onMenu: (listener) => ipcRenderer.on('menu', (_event, command) => listener(command)),
  sync: () => ipcRenderer.sendSync('note', 1),
  pathsOf: (files) => files.map((file) => webUtils.getPathForFile(file)),
});
