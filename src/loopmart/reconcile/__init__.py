"""The worksheet of breaks between till and bill, for the person who decides on them."""
