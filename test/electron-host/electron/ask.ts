import { focusedWindow, runtime } from './runtime.ts';

/** Asks in the page of the window at hand, since there is no native dialog: for people who run the development host. */
async function prompt(text: string, preset: string): Promise<string | null> {
  const window = focusedWindow() ?? [...runtime.windows.values()][0];
  if (!window) return null;
  const source = `prompt(${JSON.stringify(text)}, ${JSON.stringify(preset)})`;
  return (await window.proxy.webContents.executeJavaScript(source, true)) as string | null;
}

/** Paths as people type or paste them, several separated by `|`; none where they cancel. */
export async function askForPaths(title: string, folders: boolean, preset = ''): Promise<string[]> {
  const answer = await prompt(`${title}: path of the ${folders ? 'folder' : 'file'}`, preset);
  return (answer ?? '')
    .split('|')
    .map((path) => path.trim())
    .filter((path) => path !== '');
}

/** The index of the button that people choose. */
export async function askToChoose(
  message: string,
  detail: string,
  buttons: readonly string[],
  cancelId: number,
): Promise<number> {
  const list = buttons.map((label, index) => `${index + 1} ${label}`).join('   ');
  const answer = await prompt([message, detail, list].filter((line) => line !== '').join('\n\n'), '1');
  const chosen = Number(answer) - 1;
  return buttons[chosen] === undefined ? cancelId : chosen;
}
