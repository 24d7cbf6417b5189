window.log = [];
window.api.onMenu((command) => window.log.push(`menu ${command}`));
window.api.onNoted((text) => window.log.push(text));
const drop = document.querySelector('#drop');
drop.addEventListener('dragover', (event) => {
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
});
drop.addEventListener('drop', (event) => {
  event.preventDefault();
  window.dropped = window.api.pathsOf([...event.dataTransfer.files]);
});
document.querySelector('#choose').addEventListener('change', (event) => {
  window.chosen = window.api.pathsOf([...event.target.files]);
});
document.querySelector('#text').addEventListener('keydown', (event) => {
  if (event.key === 'z') event.preventDefault();
});
document.querySelector('#careless').addEventListener('dragover', (event) => event.preventDefault());
try {
  // oxlint-disable-next-line eslint/no-eval -- the policy refuses it
  window.evaluated = (0, eval)('1');
} catch (error) {
  window.evaluated = error.message;
}
