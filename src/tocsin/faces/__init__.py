"""Faces: translate, make one desk call, render."""
