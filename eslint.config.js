import { defineConfig } from 'eslint/config';
import svelte from 'eslint-plugin-svelte';
import ts from 'typescript-eslint';

export default defineConfig(
  {
    ignores: [
      'build/',
      '.svelte-kit/',
      'node_modules/',
      'static/enhance.js',
      'static/desk.js',
      'static/sign.js',
      'static/screen.js',
      'static/live/',
      '.data/',
    ],
  },
  {
    files: ['**/*.ts', '**/*.svelte', '**/*.svelte.ts'],
    extends: [ts.configs.recommendedTypeChecked, svelte.configs.recommended],
    languageOptions: {
      parserOptions: {
        projectService: true,
        extraFileExtensions: ['.svelte'],
        parser: ts.parser,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true }],
      // SQL is written out: a string that is put together is how injections begin.
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.object.name='sql'][callee.property.name='raw']",
          message: 'Raw SQL is refused: name it in the statement.',
        },
      ],
      // What a library rejected with is thrown on as it is.
      '@typescript-eslint/only-throw-error': 'off',
      // `{' '}` keeps a blank that the compiler would take away.
      'svelte/no-useless-mustaches': 'off',
      // The error page's `data` holds what its layout handed down.
      'svelte/valid-prop-names-in-kit-pages': 'off',
      eqeqeq: 'error',
      // Values of fields are JSON: a type's own check has seen them before its format writes them.
      '@typescript-eslint/no-base-to-string': 'off',
      'no-console': 'error',
      // Links are made by the server, in the reader's language; Kit's router does not run on citizens' pages.
      'svelte/no-navigation-without-resolve': 'off',
    },
  },
  { files: ['src/cli/**', 'tests/**', 'src/backoffice/**', 'src/**/*.fixture.ts'], rules: { 'no-console': 'off' } },
  {
    // Documents that tests bend on purpose have no type; components get theirs from the Svelte compiler, which ESLint does not see.
    files: ['tests/**', 'src/**/*.test.ts', 'src/**/test.ts', 'src/routes/**', '**/*.svelte', 'src/fields/views.ts'],
    rules: {
      ...Object.fromEntries(
        ['assignment', 'member-access', 'argument', 'call', 'return'].map((what) => [`@typescript-eslint/no-unsafe-${what}`, 'off']),
      ),
      '@typescript-eslint/require-await': 'off',
    },
  },
);
