"""ONNX models behind numpy in, numpy out."""
