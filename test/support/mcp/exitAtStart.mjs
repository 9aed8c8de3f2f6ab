process.stderr.write(`Error: cannot log in with ${process.env.API_KEY}\n`);
process.exitCode = 3;
