"""Explaining: what each word of a row did to the answer, which labelled rows are behind it, and which words drive each label.

For a page that shows rows with their explanations: `hanshuku.explain.explain.explain_rows(predictor, rows)` takes many rows, asks the
predictor once for all of them (about one row a word: 20 short rows of a small encoder take a second or two), and gives an `Explanation`
each; `explanation.to_json()` is plain data, `explanation.to_html(language=...)` a self-contained piece of a page.
"""
