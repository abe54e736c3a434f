"""Reports: a frozen snapshot of figures, texts that people edit, a template, an issue that is remade identically."""
