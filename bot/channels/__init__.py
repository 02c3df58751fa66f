"""Where messages come from and go to: Telegram, web chat, console."""
