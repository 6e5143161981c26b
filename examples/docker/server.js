const http = require('node:http');

const { PORT = '3000', PREVIEW_BRANCH = 'main' } = process.env;

http
  .createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end('<h1>Hello from a container</h1>');
  })
  .listen(Number(PORT), '0.0.0.0', () => console.log(`Serving ${PREVIEW_BRANCH} on port ${PORT}`));
