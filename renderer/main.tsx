import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { handlers } from './commands/handlers.ts';
import { listenForCommands } from './commands/listen.ts';
import { register } from './commands/registry.ts';
import { App } from './shell/app.tsx';
import { connect } from './state/model.ts';

const root = document.getElementById('root');
if (!root) throw new TypeError('Expected an element called root');
register(handlers);
listenForCommands();
void connect();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
