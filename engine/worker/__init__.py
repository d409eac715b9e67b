"""The process that holds one loaded model; the only package that imports llama_cpp."""
