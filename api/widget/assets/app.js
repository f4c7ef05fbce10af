export {};"{{version}}";
