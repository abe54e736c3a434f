import { fileURLToPath } from 'node:url'
import vue from '@vitejs/plugin-vue'
import { defineConfig } from 'vitest/config'
import { fieldWorker, WORKER } from './fieldWorker'

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url))

// Two entries with hashed files, and the worker of the phone; files under /assets/; Django serves them from src/qingtian/web/dist.
export default defineConfig({
  plugins: [vue({ template: { compilerOptions: { whitespace: 'preserve' } } }), fieldWorker()],
  publicDir: false,
  resolve: { alias: { '@': here('./src') } },
  define: { __VUE_OPTIONS_API__: true, __VUE_PROD_DEVTOOLS__: false, __INTLIFY_PROD_DEVTOOLS__: false },
  build: {
    outDir: here('../src/qingtian/web/dist'),
    emptyOutDir: true,
    assetsDir: 'assets',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
    rollupOptions: {
      input: { desk: here('./index.html'), screen: here('./screen.html'), [WORKER]: here('./src/pages/field/worker.ts') },
      // Browsers look for a newer worker at the same address: its name must not change.
      output: { entryFileNames: (chunk) => (chunk.name === WORKER ? '[name].js' : 'assets/[name]-[hash].js') },
    },
  },
  worker: { format: 'es' },
  test: {
    environment: 'happy-dom',
    include: ['tests/**/*.test.ts'],
    server: { deps: { inline: ['element-plus'] } },
  },
})
