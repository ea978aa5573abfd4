/** Texts that try to become markup, each with a mark by which it is found again. */
const SHAPES: readonly ((mark: string) => string)[] = [
  (m) => `<script>window.${m}=1</script>`,
  (m) => `"><script>window.${m}=1</script>`,
  (m) => `'><script>window.${m}=1</script>`,
  (m) => `</title><script>window.${m}=1</script>`,
  (m) => `</textarea><script>window.${m}=1</script>`,
  (m) => `</option></select><img src=x onerror=window.${m}=1>`,
  (m) => `<img src=x onerror="window.${m}=1">`,
  (m) => `<svg onload="window.${m}=1">`,
  (m) => `<svg><script>window.${m}=1</script></svg>`,
  (m) => `<math><mtext><style><img src=x onerror=window.${m}=1></style></mtext></math>`,
  (m) => `" onfocus="window.${m}=1" autofocus="`,
  (m) => `' onmouseover='window.${m}=1`,
  (m) => `javascript:window.${m}=1`,
  (m) => `[${m}](javascript:window.${m}=1)`,
  (m) => `[${m}](data:text/html,<script>window.${m}=1</script>)`,
  (m) => `[${m}](https://a.example/"onclick="window.${m}=1)`,
  (m) => `[${m}](//a.example/x)`,
  (m) => `<iframe srcdoc="<script>parent.${m}=1</script>">`,
  (m) => `<base href="https://a.example/${m}/">`,
  (m) => `<meta http-equiv="refresh" content="0;url=https://a.example/${m}">`,
  (m) => `<link rel="stylesheet" href="https://a.example/${m}.css">`,
  (m) => `<form action="https://a.example/${m}"><input name=a>`,
  (m) => `<!--><script>window.${m}=1</script>-->`,
  (m) => `--><script>window.${m}=1</script>`,
  (m) => `&lt;script&gt;window.${m}=1&lt;/script&gt;`,
  (m) => `{@html '<script>window.${m}=1</script>'}`,
  (m) => `\u003cscript\u003ewindow.${m}=1\u003c/script\u003e`,
  (m) => `<a href="java\u0009script:window.${m}=1">x</a>`,
];

/** The corpus, with marks that begin with `prefix`: which channel a text came by can be told. */
export const corpus = (prefix: string): { mark: string; text: string }[] =>
  SHAPES.map((shape, n) => {
    const mark = `${prefix}${String(n).padStart(2, '0')}`;
    return { mark, text: shape(mark) };
  });
