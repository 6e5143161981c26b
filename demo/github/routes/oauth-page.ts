import type { ApiReply } from '../gateway/reply.js';

const STYLE =
  'body{font:1rem/1.5 system-ui,sans-serif;display:grid;place-items:center;min-height:100vh;margin:0}' +
  'main{display:grid;gap:.6rem;min-width:18rem}button{font:inherit;padding:.5rem 1rem;cursor:pointer}';

interface AuthorizePage {
  readonly logins: readonly string[];
  readonly asked: URLSearchParams;
}

/** Where GitHub would ask for a password: here everybody may be anybody. */
export function authorizePage({ logins, asked }: AuthorizePage): ApiReply {
  const hidden = [...asked]
    .map(([name, value]) => `<input type="hidden" name="${escape(name)}" value="${escape(value)}">`)
    .join('');
  const people = logins
    .map((login) => `<button name="login" value="${escape(login)}">Continue as ${escape(login)}</button>`)
    .join('');
  const form = `<form method="post" action="/login/oauth/authorize"><main><h1>Sign in to GitHub</h1>${hidden}${people}<button name="login" value="">Cancel</button></main></form>`;
  const body = `<!doctype html><html lang="en"><title>Sign in to GitHub</title><link rel="icon" href="data:,"><style>${STYLE}</style><body>${form}</body></html>`;
  return { status: 200, body, headers: { 'content-type': 'text/html; charset=utf-8' } };
}

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
