import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['build/**', 'dist/**', 'coverage/**', 'examples/**', 'node_modules/**'] },
  ...tseslint.configs.strict,
  {
    rules: {
      eqeqeq: 'error',
      'no-restricted-imports': ['error', { paths: ['child_process', 'node:vm', 'vm'] }],
      'no-restricted-syntax': [
        'error',
        { selector: 'TSEnumDeclaration', message: 'Use a union or a table.' },
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        { selector: "Property[key.name='shell'][value.value=true]", message: 'Never a shell string.' },
        {
          selector: 'ImportSpecifier[imported.name=/^(exec|execSync)$/]',
          message: 'Use spawn or execFile with an argument list.',
        },
      ],
      'no-else-return': 'error',
      'max-depth': ['error', 3],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', ignoreRestSiblings: true, ignoreUsingDeclarations: true },
      ],
      '@typescript-eslint/no-non-null-assertion': 'error',
    },
  },
  { files: ['*.config.js', 'test/support/**/*.js'], rules: { 'no-restricted-syntax': 'off' } },
);
