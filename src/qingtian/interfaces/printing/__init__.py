"""Paper: PDF from HTML, Word from the bureau's templates, charts as SVG. Everything here is remade identically."""

from qingtian.interfaces.printing.pdf import Printed, print_html, render_pdf

__all__ = ["Printed", "print_html", "render_pdf"]
