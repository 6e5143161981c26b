// New entries of others appear without a reload, and so does what was written while the connection was away.
const list = document.querySelector('#entries');

function show({ name, text }) {
  const item = document.createElement('li');
  const who = document.createElement('b');
  who.textContent = name;
  item.append(who, ` ${text}`);
  list.prepend(item);
}

function connect(wasAway) {
  const socket = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/live`);
  socket.addEventListener('open', () => wasAway && location.reload());
  socket.addEventListener('message', ({ data }) => show(JSON.parse(data)));
  socket.addEventListener('close', () => setTimeout(connect, 2000, true));
}

connect(false);
