import { request } from 'node:http';
import type { AskProgram } from '../../src/shared/reach.js';

/**
 * Asks a program that this server runs for one of its pages, at its own port instead of through the proxy: so it neither wakes a preview nor
 * keeps one awake. Its own host name is sent, because frameworks refuse others.
 */
export const askProgram: AskProgram = ({ host, port, name, path, signal }) =>
  new Promise((resolve, reject) => {
    const headers = { host: name, 'user-agent': 'vitrine-health', accept: 'text/html,*/*' };
    const sent = request({ host, port, path, signal, headers, agent: false }, (response) => {
      response.destroy();
      resolve(response.statusCode ?? 0);
    });
    sent.on('error', reject).end();
  });
