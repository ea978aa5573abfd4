import adapter from './src/server/web/adapter.ts';

/** @type {import('@sveltejs/kit').Config} */
export default {
  compilerOptions: { runes: true },
  kit: {
    adapter: adapter(),
    // The edge (src/server/web/edge.ts) checks Origin for every writing request, forms or not, before Kit sees it.
    csrf: { trustedOrigins: ['*'] },
    csp: {
      mode: 'nonce',
      directives: {
        'default-src': ['none'],
        'script-src': ['self'],
        'style-src': ['self'],
        'img-src': ['self', 'data:'],
        'font-src': ['self'],
        'connect-src': ['self'],
        'form-action': ['self'],
        'base-uri': ['none'],
        'frame-ancestors': ['none'],
        'manifest-src': ['self'],
      },
    },
    paths: { relative: false },
    files: {
      appTemplate: 'src/routes/app.html',
      errorTemplate: 'src/routes/error.html',
      hooks: { server: 'src/server/web/hooks', universal: 'src/server/web/transport' },
      params: 'src/routes/params',
    },
  },
};
